"""Processes that are killed on the way, and a reader that never stops: for the tests of publish and of whole runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from tasks.errors import Transient
from tasks.publish.reading import read_current, verify

ROOT = Path(__file__).resolve().parents[1]

# --- in the worker's process ------------------------------------------------------------------------------------------


class Deadly:
    """A store that kills its process before the n-th call of any method; all stores of a process count together."""

    calls = 0
    lock = threading.Lock()

    def __init__(self, store, deadline):
        self._store, self._deadline = store, deadline

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*arguments, **named):
            with Deadly.lock:
                Deadly.calls += 1
                if Deadly.calls == self._deadline:
                    os.kill(os.getpid(), signal.SIGKILL)
            return found(*arguments, **named)

        return call


def failed(error):
    """The answer of a fork that ends in an error of the house."""
    return {
        "state": "failed",
        "error": type(error).__name__,
        "transient": isinstance(error, Transient),
        "message": str(error),
        "hint": error.hint,
    }


def serve(prepare):
    """One JSON command a line on standard input, one JSON answer a line on standard output.

    `prepare(command)` gives the function that a fork calls, and whose dict is the answer: so a kill costs milliseconds,
    for this process has imported everything and has one thread. `seconds` in a command is when its fork is killed.
    """
    for line in sys.stdin:
        command = json.loads(line)
        run = prepare(command)
        reading, writing = os.pipe()
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            answer = run()
            os.write(writing, json.dumps(answer).encode())
            os._exit(3 if answer.get("state") == "failed" else 0)
        os.close(writing)
        if "seconds" in command:
            time.sleep(command["seconds"])
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with open(reading) as answer:  # noqa: PTH123 - a pipe
            told = json.loads(answer.read() or "{}")
        told |= {"status": status, "seconds": time.monotonic() - began}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


# --- in the test's process --------------------------------------------------------------------------------------------


class Worker:
    """The test's end of a worker's pipes."""

    def __init__(self, process):
        self.process = process

    def send(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self):
        return json.loads(self.process.stdout.readline())


@contextmanager
def started(module, **environ):
    """A worker, by its module's name; it ends when its input does."""
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


class Seen(set):
    """Ids of the publications that a reader saw, and how often it looked."""

    reads = 0


@contextmanager
def reader(store, *, pause, at_least):
    """A reader that never stops: pointer, manifest, every object by sha256. Yields what it saw, and its complaints."""
    seen, complaints, over = Seen(), [], threading.Event()

    def poll():
        while not over.is_set():
            try:
                faults = verify(store, "DE")
                _, manifest = read_current(store, "DE")
            except Exception as error:  # noqa: BLE001 - whatever a reader meets is a failure of the protocol
                complaints.append(error)
                return
            seen.add(manifest.publication)
            complaints.extend(faults)
            seen.reads += 1
            time.sleep(pause)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield seen, complaints
    finally:
        over.set()
        thread.join()
        assert seen.reads > at_least
