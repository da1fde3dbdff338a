"""A process that is killed at its n-th touch of the file system; started by test_objects_folder.py.

    python dying_writer.py ROOT CALL N

CALL is a method of the store. Python's audit events name every open, link, rename, mkdir and remove.
"""

from __future__ import annotations

import os
import signal
import sys

from tasks.objects import open_store

EVENTS = {"open", "os.link", "os.rename", "os.mkdir", "os.remove", "os.scandir", "os.listdir", "fcntl.flock"}


def main() -> None:
    root, call, deadline = sys.argv[1], sys.argv[2], int(sys.argv[3])
    store = open_store(root)
    seen = 0

    def count(event: str, _arguments: object) -> None:
        nonlocal seen
        if event in EVENTS:
            seen += 1
            if seen == deadline:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    if call == "put_new":
        store.put_new("deep/folder/new", b"new")
    elif call == "replace":
        store.replace("there", b"new")
    else:
        found = store.read_versioned("there")
        store.compare_and_swap("there", b"new", found[1] if found else None)


if __name__ == "__main__":
    main()
