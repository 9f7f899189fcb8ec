"""A rehearsal on a machine of its own: the real web server, the real database, a clock that the test moves."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from agreements.kernel import clock
from agreements.kernel.db import unit_of_work
from agreements.kernel.instants import SHANGHAI
from app import create_app
from tests.builders import at
from tests.builders_notices import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240  # a busy machine is no fault


@dataclass(frozen=True)
class Rehearsal:
    """A running installation. `app` is the same installation seen from a command line, not from the web server."""

    address: str
    join_link: str
    app: Flask

    def tick(self, instant, *arguments):
        """Let the scheduler's jobs run at an instant of the rehearsal, Shanghai time with its weekday."""
        moved = at(instant).astimezone(SHANGHAI).isoformat()
        result = self.app.test_cli_runner().invoke(args=["jobs", "tick", "--once", "--as-of", moved, *arguments])
        assert result.exit_code == 0, (result.output, result.exception)

    def set_clock(self, instant):
        """Move the clock and let no job run."""
        with self.app.app_context(), unit_of_work() as session:
            clock.set_rehearsal_clock(session, at(instant))

    def status(self, key, tenant_key, product):
        """Ask as a gateway does, over HTTP."""
        request = urllib.request.Request(
            f"{self.address}/gateway/v1/tenants/{tenant_key}/status?product={product}",
            headers={"Authorization": f"Bearer {key}"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as reply:
            return json.load(reply)


@contextlib.contextmanager
def a_rehearsal(folder, mail_server, *, begins):
    """Prepare an empty installation whose clock stands at `begins`, as an operator does, and serve it.

    The scheduler's process is left out: the test lets its jobs run, each at the instant it is about.
    """
    instance = folder / "instance"
    instance.mkdir()
    with free_port() as port:
        address = f"http://127.0.0.1:{port}"
    (instance / "config.toml").write_text(
        f'public_url = "{address}"\nsmtp_port = {mail_server.port}\nsmtp_from = "notices@qingrong.example"\n',
        encoding="utf-8",
    )
    environment = {**os.environ, "LUYUE_INSTANCE": str(instance), "PORT": str(port)}
    said = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "prepare", "--no-example", "--rehearsal", begins],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    [join_link] = [word for word in said.split() if "/join/" in word]
    with _web_server(folder, environment, port):
        yield Rehearsal(address, join_link, create_app(instance_path=str(instance)))


@contextlib.contextmanager
def _web_server(folder, environment, port):
    """Start the web server as the Procfile says; it has ended when this ends."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines(keepends=True)
    procfile = folder / "Procfile"
    procfile.write_text("".join(line for line in lines if line.startswith("web:")), encoding="utf-8")
    with (folder / "web.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "deploy" / "supervisor.py"), "--with-parent", "--procfile", str(procfile)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _until_it_answers(process, f"http://127.0.0.1:{port}/sign-in")
            yield
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


def _until_it_answers(process, address):
    while True:
        try:
            urllib.request.urlopen(address, timeout=PATIENCE_SECONDS).close()
        except OSError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
            assert process.poll() is None, "the web server ended before it served"
        else:
            return
