"""One command runs several processes: what dies comes back, and at the end nothing is left running.

Every process writes to the same pipe, so the end of the pipe is the proof that the last of them is gone.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.builders_notices import free_port

SUPERVISOR = Path(__file__).parents[2] / "deploy" / "supervisor.py"
PATIENCE_SECONDS = 120  # a busy machine is no fault
WEB = """
import os
os.write(1, b"web %d\\n" % os.getpid())
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getppid()).encode()]
"""
TICKER = """
import os, time
os.write(1, b"ticker %d\\n" % os.getpid())
while True:
    time.sleep(60)
"""


@pytest.fixture
def port():
    with free_port() as port:
        return port


@pytest.fixture
def running(tmp_path, port):
    """The supervisor with a real web server and a ticker, both serving; `pids` are the web workers' and the ticker's."""
    (tmp_path / "standin.py").write_text(WEB)
    (tmp_path / "ticker.py").write_text(TICKER)
    (tmp_path / "Procfile").write_text(
        f"# comment\nweb: granian --interface wsgi --port $PORT --workers 2 --blocking-threads 2 --workers-kill-timeout 3"
        f" --working-dir {tmp_path} standin:application\n"
        f"ticker: python {tmp_path}/ticker.py\n"
    )
    process = start(tmp_path, port)
    lines = []
    while len(lines) < 3:  # two workers and the ticker
        line = process.stdout.readline()
        assert line, "it ended before it served"
        lines += [line] if line.startswith(("web ", "ticker ")) else []
    process.pids = {line.split()[0]: int(line.split()[1]) for line in lines}
    yield process
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)


def start(folder, port):
    return subprocess.Popen(
        [sys.executable, str(SUPERVISOR), "--with-parent", "--procfile", str(folder / "Procfile")],
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def everything_ends(process):
    """Return what was still said until the last process was gone."""
    return process.communicate(timeout=PATIENCE_SECONDS)[0]


def answer(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_SECONDS) as reply:
        return reply.read().decode()


def answer_once_it_listens(port):
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return answer(port)
    raise AssertionError("nobody listened")


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_wish_to_stop_ends_everything_cleanly(running, wish):
    running.send_signal(wish)

    everything_ends(running)

    assert running.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process when its parent is killed")
def test_a_killed_supervisor_leaves_nothing_running(running):
    running.kill()

    everything_ends(running)


def said_until(process, word):
    """Read what is said up to the first line that begins with a word; returns that line."""
    for line in process.stdout:
        if line.startswith(word):
            return line
    raise AssertionError(f"it ended without saying {word}")


def test_a_killed_process_is_started_again_and_the_others_go_on(running, port):
    server = answer_once_it_listens(port)

    os.kill(running.pids["ticker"], signal.SIGKILL)

    assert "ticker was killed by SIGKILL; starting it again." in said_until(running, "ticker was")
    assert int(said_until(running, "ticker ").split()[1]) != running.pids["ticker"]
    assert answer(port) == server
    running.send_signal(signal.SIGTERM)
    everything_ends(running)


def test_a_killed_web_server_takes_its_workers_and_comes_back(running, port):
    server = int(answer_once_it_listens(port))

    os.kill(server, signal.SIGKILL)

    assert "web was killed by SIGKILL; starting it again." in said_until(running, "web was")
    said_until(running, "web ")  # a new worker, about to listen
    assert int(answer_once_it_listens(port)) != server
    running.send_signal(signal.SIGTERM)
    everything_ends(running)


def test_a_taken_port_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "Procfile").write_text("web: false\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(tmp_path, taken.getsockname()[1])

        assert "Choose another port: PORT=8001 make run" in everything_ends(process)
    assert process.returncode == 1


def test_a_process_that_does_not_start_is_named_and_stops_everything(tmp_path, port):
    (tmp_path / "Procfile").write_text("web: sleep 60\nscheduler: sh -c 'exit 3'\n")
    process = start(tmp_path, port)

    said = everything_ends(process)
    assert said.count("scheduler ended with 3; starting it again.") == 2
    assert "scheduler ended with 3; it does not start; stopping the rest." in said
    assert process.returncode == 1
