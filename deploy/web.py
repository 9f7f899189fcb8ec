"""Granian, with the application imported before its workers are forked: one import for all, and instant new workers.

Arguments are granian's. Only modules are loaded here; each worker makes its own application and database connections.
Its own access log stays shut (deploy/logging.json), for it would write addresses with their tokens; the application
writes a line for each request itself. The workers count requests in one folder, so that `/metrics` tells all of them.
"""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

from granian.cli import entrypoint

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
counts = tempfile.mkdtemp(prefix="luyue-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts  # before the library is imported, which looks at it once

import app  # noqa: E402, F401 - loaded for the workers

gc.collect()
gc.set_threshold(10_000, 20, 20)  # a page makes many objects that soon go; look for rings less often
gc.freeze()  # what was loaded stays for good: collecting need not walk it for ever again, nor copy it into each worker

if __name__ == "__main__":
    try:
        entrypoint()  # type: ignore[no-untyped-call] # granian has no types here
    finally:
        shutil.rmtree(counts, ignore_errors=True)
