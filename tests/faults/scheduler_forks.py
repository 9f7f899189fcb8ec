"""Schedulers on demand, for tests that kill them: the application is loaded once, each scheduler is a fork of it.

Each line on stdin forks a scheduler of the instance named by the first argument, with the jobs named by the others or
with all, and prints its process id; end of input ends it all. It opens no database connection of its own, so nothing is
shared but code.
"""

import os
import signal
import sys

from app import create_app
from compliance.scheduling.jobs import JOBS
from compliance.scheduling.process import SchedulerProcess
from deploy.supervisor import end_with


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    instance, *names = sys.argv[1:]
    app = create_app(instance_path=instance)
    jobs = tuple(job for job in JOBS if job.name in names) or JOBS
    for _ in sys.stdin:
        ends_with_us = end_with(os.getpid())
        pid = os.fork()
        if pid == 0:
            ends_with_us()
            sys.stdin.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(SchedulerProcess(app, jobs=jobs).run())
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
