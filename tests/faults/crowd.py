"""Three schedulers and a web server with two workers on one installation, any of which may be killed at any instant."""

import contextlib
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from deploy.supervisor import end_with
from tests.builders_notices import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240  # a dozen processes, each of which loads the application first
SCHEDULERS = 3
WEB_KILLED_EVERY_SECONDS = 6.0  # granian takes two deaths of one worker within 5.5 s for a fault, and ends
REPLY_SECONDS = 5


def configure(instance, mail_server):
    """Let every process of an instance find the mail server; claims of the outbox last three seconds."""
    with (instance / "config.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'smtp_port = {mail_server.port}\nsmtp_timeout_seconds = 2\nsmtp_from = "notices@qingrong.example"\n'
        )


class Schedulers:
    """Forks schedulers of an instance, of all jobs or of some; those that were killed are replaced by hand."""

    def __init__(self, instance, *jobs):
        self.forks = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.scheduler_forks", str(instance), *jobs],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 - it only asks the kernel
        )
        self.alive = []

    def start(self):
        self.forks.stdin.write("start\n")
        self.forks.stdin.flush()
        self.alive.append(int(self.forks.stdout.readline()))
        return self.alive[-1]

    def kill(self, pid):
        self.alive.remove(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def close(self):
        for pid in list(self.alive):
            self.kill(pid)
        self.forks.kill()
        self.forks.communicate()


class Web:
    """The web server of the Procfile on a free port, with two workers that it starts again where they die."""

    def __init__(self, instance):
        with free_port() as port:
            self.port = port
        words = (
            "deploy/web.py --interface wsgi --factory --host 127.0.0.1 --workers 2 --blocking-threads 4"
            f" --respawn-failed-workers --no-ws --log-level error --port {self.port} app:create_app"
        )
        self.process = subprocess.Popen(
            [sys.executable, *words.split()],
            cwd=ROOT,
            env={**os.environ, "LUYUE_INSTANCE": str(instance)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 - it only asks the kernel
        )
        until = time.monotonic() + PATIENCE_SECONDS
        while self.ask("GET", "/static/vendor/SHA256SUMS")[0] is None:
            assert self.process.poll() is None, "the web server ended"
            assert time.monotonic() < until, "the web server does not answer"
            time.sleep(0.1)

    def workers(self):
        """Return the process ids of the workers that live."""
        try:
            listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        except FileNotFoundError:
            return []
        return [int(word) for word in listed.split()]

    def ask(self, method, path, body=None, headers=None):
        """Ask once; return status, headers and text, or (None, None, "") where no whole answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REPLY_SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None, None, ""
        finally:
            connection.close()

    def acknowledge(self, token):
        """Press the button behind an acknowledgement link, as a browser does; say whether an answer came."""
        _, headers, page = self.ask("GET", f"/n/{token}")
        field = re.search(r'name="csrf_token" value="([^"]+)"', page)
        if field is None:
            return False
        cookie = "; ".join(value.split(";")[0] for value in headers.get_all("Set-Cookie", []))
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        status, _, _ = self.ask("POST", f"/n/{token}", f"csrf_token={field.group(1)}", form)
        return status in (302, 303)

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)


class Gateway:
    """A gateway that asks without pause, and counts what it was answered."""

    def __init__(self, web, key, question):
        self.web = web
        self.answered = 0
        self.refused = set()
        self._stopping = threading.Event()
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._question = json.dumps(question)
        self._thread = threading.Thread(target=self._ask_on, daemon=True)
        self._thread.start()

    def _ask_on(self):
        while not self._stopping.wait(0.05):
            status, _, _ = self.web.ask("POST", "/gateway/v1/decide", self._question, self._headers)
            if status == 200:
                self.answered += 1
            elif status is not None:
                self.refused.add(status)

    def close(self):
        self._stopping.set()
        self._thread.join(2 * REPLY_SECONDS)


class Crowd:
    """The processes of one installation, and the kills they have survived."""

    def __init__(self, instance, seed):
        self.random = random.Random(seed)
        self.web = Web(instance)
        self.schedulers = Schedulers(instance)
        for _ in range(SCHEDULERS):
            self.schedulers.start()
        self.kills = {"scheduler": 0, "web": 0}
        self._web_killed_at = time.monotonic()

    def storm(self, kills):
        """Kill one process after the other with -9, at random instants; each is replaced at once."""
        for _ in range(kills):
            time.sleep(self.random.uniform(0.005, 0.1))
            workers = self.web.workers()
            if workers and time.monotonic() - self._web_killed_at > WEB_KILLED_EVERY_SECONDS:
                self._web_killed_at = time.monotonic()
                os.kill(self.random.choice(workers), signal.SIGKILL)
                self.kills["web"] += 1
            else:
                self.schedulers.kill(self.random.choice(self.schedulers.alive))
                self.schedulers.start()
                self.kills["scheduler"] += 1

    def close(self):
        self.schedulers.close()
        self.web.close()


def wait_until(reached, seconds=PATIENCE_SECONDS, what="the processes did not get there"):
    """Wait for the ledger to say so; return how many seconds it took."""
    began = time.monotonic()
    while not reached():
        assert time.monotonic() - began < seconds, what() if callable(what) else what
        time.sleep(0.1)
    return time.monotonic() - began
