"""Forks scheduler processes on demand, so that a test can kill many of them without paying for their imports.

Each line on stdin starts one on the instance folder given as the argument and prints its process id.
"""

import logging
import os
import signal
import sys

from agreements.kernel.db import db
from app import create_app
from compliance.scheduling.process import SchedulerProcess


def child(instance):
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    app = create_app(instance_path=instance)
    status = SchedulerProcess(app).run()
    with app.app_context():
        db.engine.dispose()
    os._exit(status)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    for _line in sys.stdin:
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            child(sys.argv[1])
        print(pid, flush=True)
