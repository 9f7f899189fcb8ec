"""Writes acts without pause and prints the mark of each once its commit was acknowledged; for tests that kill the server.

Run as `python -m tests.faults.committing_writer INSTANCE NAME`. Where the database is away it tries again with the next
mark: what was not acknowledged may or may not be there, what was printed must be.
"""

import sys

from sqlalchemy.exc import SQLAlchemyError

from agreements.kernel import audit, clock
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.db import unit_of_work
from agreements.kernel.engines import is_passing
from app import create_app


def main(instance, name):
    with create_app(instance_path=instance).app_context():
        number = 0
        while True:
            number += 1
            mark = f"try:{name}-{number}"
            try:
                with unit_of_work() as session:
                    audit.record(session, actor=OPERATOR, act="try.made", subject=mark, now=clock.wall())
                    audit.record(session, actor=OPERATOR, act="try.paired", subject=mark, now=clock.wall())
            except SQLAlchemyError as error:
                if not is_passing(error):
                    raise
                continue
            print(mark, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
