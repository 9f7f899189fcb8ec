"""Granian, with the application imported before its workers are forked: one import for all, and instant new workers.

Arguments are granian's. Only modules are loaded here; each worker makes its own application and database connections.
"""

import sys
from pathlib import Path

from granian.cli import entrypoint

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import app  # noqa: F401 - loaded for the workers

if __name__ == "__main__":
    entrypoint()  # type: ignore[no-untyped-call] # granian has no types here
