"""Schedulers on demand, for tests that kill them: the application is loaded once, each scheduler is a fork of it.

Reads lines on stdin: `start` forks a scheduler and prints its pid; end of input ends it all. It opens no database
connection of its own, so nothing is shared but code.
"""

import os
import sys

from app import create_app
from compliance.scheduling.process import SchedulerProcess


def main() -> None:
    app = create_app({"smtp_port": int(sys.argv[2]), "smtp_timeout_seconds": 2}, instance_path=sys.argv[1])
    for line in sys.stdin:
        assert line == "start\n", line
        pid = os.fork()
        if pid == 0:
            sys.stdin.close()
            os._exit(SchedulerProcess(app).run())
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
