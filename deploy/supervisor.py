"""Run the processes of the Procfile as one: what dies is started again, and none outlives this one.

A runner from the package index was tried first: killed with -9, it left every process behind, and a closed terminal did
the same. Here the kernel itself stops a process whose supervisor is gone (Linux), and a process that ends takes its
whole group with it, so that a killed web server leaves no worker on the port. A process that dies again and again at
its start is a fault to be seen, not hidden: then everything stops.
"""

import argparse
import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
GRACE_SECONDS = 15  # a running request or sweep may finish; then the whole group is killed
POLL_SECONDS = 0.1
SETTLED_SECONDS = 10  # a process that dies younger has failed to start
TRIES = 3
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def read_procfile(path: Path) -> dict[str, str]:
    """Return the shell command of each process by its name, in the file's order."""
    commands = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, separator, command = line.partition(":")
            if not separator or not command.strip():
                raise SystemExit(f"{path}: not a `name: command` line: {line}")
            commands[name.strip()] = command.strip()
    return commands


def end_with(parent: int) -> Callable[[], None]:
    """Return what makes the calling process receive TERM when the process `parent`, its parent, is gone."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None)

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before we asked
            os.kill(os.getpid(), signal.SIGTERM)

    return ask_kernel


def port_is_taken(host: str, port: int) -> bool:
    """Tell whether somebody listens already; the server itself would silently share the port with it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def kill_group(leader: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a process's group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody left (macOS says the latter)
        os.killpg(leader.pid, signal.SIGKILL)


class Supervisor:
    """The running processes, and the wish to stop them."""

    def __init__(self, commands: dict[str, str], environment: dict[str, str]) -> None:
        self.commands = commands
        self.environment = environment
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.started_at: dict[str, float] = {}
        self.failed_starts = dict.fromkeys(commands, 0)
        self.wishes_to_stop = 0

    def on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        self.wishes_to_stop += 1

    def start(self, name: str) -> None:
        """Start a command in a process group of its own, so that Ctrl-C reaches this process alone."""
        self.started_at[name] = time.monotonic()
        self.children[name] = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {self.commands[name]}"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 - this process has one thread
        )

    def restart(self, name: str, status: int) -> bool:
        """Start again what ended by itself; return False, saying so, where it keeps failing at its start."""
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with {status}"
        kill_group(self.children[name])  # its workers, if it left any
        settled = time.monotonic() - self.started_at[name] >= SETTLED_SECONDS
        self.failed_starts[name] = 0 if settled else self.failed_starts[name] + 1
        goes_on = self.failed_starts[name] < TRIES
        then = "starting it again." if goes_on else "it does not start; stopping the rest."
        print(f"{name} {how}; {then}", file=sys.stderr, flush=True)
        if goes_on:
            self.start(name)
        return goes_on

    def wait(self) -> int:
        """Return 0 once somebody wished to stop, or 1 when a process would not start."""
        terminal = select.poll()
        if sys.stdin is not None and sys.stdin.isatty():
            terminal.register(
                sys.stdin, 0
            )  # tells only of its closing, which reaches us as HUP in most shells, not in all
        while not self.wishes_to_stop and not terminal.poll(0):
            for name in self.commands:
                status = self.children[name].poll()
                if status is not None and not self.restart(name, status):
                    return 1
            time.sleep(POLL_SECONDS)
        return 0

    def stop(self) -> None:
        """Ask every process to finish, then kill what is left of each group; a second Ctrl-C kills at once."""
        wishes = self.wishes_to_stop
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        while self.wishes_to_stop == wishes and time.monotonic() < deadline:
            if all(child.poll() is not None for child in self.children.values()):
                break
            time.sleep(POLL_SECONDS)
        for child in self.children.values():
            kill_group(child)
            child.wait()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--procfile", type=Path, default=ROOT / "Procfile")
    options.add_argument("--with-parent", action="store_true", help="stop when the process that started us is gone")
    chosen = options.parse_args()
    if chosen.with_parent:
        end_with(os.getppid())()
    environment = {"HOST": "127.0.0.1", "PORT": "8000", **os.environ}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    host, port = environment["HOST"], environment["PORT"]
    if not port.isdecimal():
        raise SystemExit(f"PORT must be a number, not {port!r}.")
    if port_is_taken(host, int(port)):
        raise SystemExit(
            f"{host}:{port} is in use (is Lüyue running already?). Choose another port: PORT=8001 make run"
        )
    supervisor = Supervisor(read_procfile(chosen.procfile), environment)
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, supervisor.on_signal)
    try:
        for name in supervisor.commands:
            supervisor.start(name)
        return supervisor.wait()
    finally:
        supervisor.stop()


if __name__ == "__main__":
    sys.exit(main())
