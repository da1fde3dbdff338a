"""A process that adds to a counter by compare-and-swap; started by test_objects_folder.py.

    python counter.py ROOT WINS

Each win appends the value it wrote to the file WINS before the next try. Runs until the counter says enough.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tasks.objects import open_store

ENOUGH = 300


def main() -> None:
    store = open_store(sys.argv[1])
    with Path(sys.argv[2]).open("a") as wins:
        while True:
            found = store.read_versioned("counter")
            value, etag = (int(found[0]), found[1]) if found else (0, None)
            if value >= ENOUGH:
                return
            if store.compare_and_swap("counter", str(value + 1).encode(), etag):
                wins.write(f"{value + 1}\n")
                wins.flush()


if __name__ == "__main__":
    main()
