"""Print the walk: `make demo`."""

import sys
import tempfile
import time
from pathlib import Path

from tests.walk import walk

started = time.monotonic()
with tempfile.TemporaryDirectory() as folder:
    walk(Path(folder), print)
sys.stdout.write(f"\nDone in {time.monotonic() - started:.1f} s.\n")
