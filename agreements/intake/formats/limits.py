"""How much of a file is read. An agreement with its annex has six pages and some 5,000 characters."""

LARGEST_FILE_BYTES = 20 * 1024 * 1024
LONGEST_TEXT = 200_000
"""Characters."""

MOST_PAGES = 100
MOST_PARTS = 2_000
"""Files inside a Word file."""

LARGEST_PART_BYTES = 20 * 1024 * 1024
LARGEST_UNPACKED_BYTES = 100 * 1024 * 1024
MOST_PICTURE_POINTS = 60_000_000
MOST_SCANNED_PAGES = 20

READING_SECONDS = 10
READING_MEMORY_BYTES = 1024 * 1024 * 1024
"""Address space of the process that reads one file, libraries included."""

SCAN_SECONDS_AT_LEAST = 60
SCAN_SECONDS_A_PAGE = 30
"""Of processor time; a page takes some ten. The clock may run three times as long on a busy machine."""

SCAN_PATIENCE = 3
SCAN_MEMORY_BYTES = 6 * 1024 * 1024 * 1024
"""Address space; what the recognition really occupies is about 1 GB."""
