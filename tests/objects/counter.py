"""A process that adds to a counter by compare-and-swap; started by test_objects_folder.py.

    python counter.py ROOT WINS

Each win appends the value it wrote to the file WINS before the next try. Begins when a file `go` lies beside WINS, so
that all race from the start however long each takes to come up. Runs until the counter says enough.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tasks.objects import open_store

ENOUGH = 300


def main() -> None:
    store = open_store(sys.argv[1])
    with Path(sys.argv[2]).open("a") as wins:
        while not Path(sys.argv[2]).with_name("go").exists():
            time.sleep(0.005)
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
