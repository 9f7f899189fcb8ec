"""Forks scheduler processes on demand, so that a test can kill many of them without paying for their start each time.

Each line on stdin starts one on the instance folder given as the argument and prints its process id; the line `slow`
one that takes a while over each commit, so that it can be met in the middle of its work. The application is made before
the forks and has opened no connection by then.
"""

import logging
import os
import signal
import sys
import time

from sqlalchemy import Engine, event

from app import create_app
from compliance.scheduling.process import SchedulerProcess

if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    app = create_app(instance_path=sys.argv[1])
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            if line == "slow\n":
                event.listen(Engine, "commit", lambda _connection: time.sleep(0.1))
            os._exit(SchedulerProcess(app).run())
        print(pid, flush=True)
