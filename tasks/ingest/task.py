"""The door of ingest: a market's drop, read into raw tables."""

from __future__ import annotations

from tasks.door import door
from tasks.ingest.drop import read_drop
from tasks.objects import open_store
from tasks.records import Sources
from tasks.run import MarketRun


@door("ingest")
def ingest(run: MarketRun) -> Sources:
    """Find, unpack, decode and describe the drop's files; plain files stay where they are.

    What has to be written lies below the common work folder under its digest, so that the markets of a shared drop
    read it once.
    """
    store, work = open_store(run.landing), run.work / "drops"
    return read_drop(run.cursor(), run.profile, store, work, as_of=run.as_of, drops=run.drops)
