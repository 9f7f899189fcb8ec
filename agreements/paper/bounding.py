"""How often a stranger may ask: a count for each client and process, forgotten after its minute."""

import threading
from collections import OrderedDict

from agreements.kernel.errors import N_, NotPermitted

MOST_CLIENTS = 10_000


class TooManyQuestions(NotPermitted):
    """The bound of the public verification."""

    status = 429
    default_code = "TOO_MANY_QUESTIONS"


class Bound:
    """At most `most` questions of one client in `seconds`; the client longest unseen is forgotten first."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._asked: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, client: str, *, at: float) -> None:
        """Count one question, or raise TooManyQuestions. at: seconds of a clock that never jumps."""
        with self._lock:
            since, count = self._asked.pop(client, (at, 0))
            if at - since >= self.seconds:
                since, count = at, 0
            self._asked[client] = (since, count + 1)
            while len(self._asked) > MOST_CLIENTS:
                self._asked.popitem(last=False)
        if count >= self.most:
            raise TooManyQuestions(
                N_("Too many questions from your address."), remedy=N_("Wait a minute, then try again.")
            )


class OneAtATime:
    """A few at once; whoever comes while all are busy is told to come back rather than queued."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    def __enter__(self) -> None:
        if not self._free.acquire(timeout=5):
            raise TooManyQuestions(N_("Other files are being checked."), remedy=N_("Wait a minute, then try again."))

    def __exit__(self, *_: object) -> None:
        self._free.release()
