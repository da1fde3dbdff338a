"""The test's ends of the processes that publish, or run a market, in forks which are killed on the way."""

from __future__ import annotations

import shutil

from tests.deaths import Worker


def differing(drop, folders):
    """Two landings with this drop of DE, the second without its last purchases; their publications share no file."""
    for folder in folders:
        shutil.copytree(drop, folder / "DE")
    (newest,) = (folders[1] / "DE").glob("umsaetze_2026.csv")
    lines = newest.read_bytes().splitlines(keepends=True)
    newest.write_bytes(b"".join(lines[:-20]))
    return folders


class Runner(Worker):
    """A process of tests.orchestration.market_worker, which runs the market DE in forks of its own."""

    def __init__(self, process, landings):
        super().__init__(process)
        self.landings = landings

    def order(self, publish, work, number, pointer="cas", **fate):
        landing = str(self.landings[number % 2])
        self.send(publish=publish, work=str(work), landing=landing, number=number, pointer=pointer, **fate)

    def run(self, *arguments, **named):
        self.order(*arguments, **named)
        return self.answer()


class Publisher(Worker):
    """A process of tests.publish.publish_worker, which publishes in forks of its own."""

    def __init__(self, process, folder):
        super().__init__(process)
        self.folder = folder

    def order(self, root, seed, mode="cas", as_of="2021-02-20", **fate):
        self.send(root=root, folder=str(self.folder), seed=seed, as_of=as_of, mode=mode, **fate)

    def publish(self, *arguments, **named):
        self.order(*arguments, **named)
        return self.answer()
