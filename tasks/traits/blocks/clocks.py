"""The clock of a store: what to add to UTC, by zone and day, from the IANA time zones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from tasks.traits.blocks.setting import Setting

DAY = 86_400
_START = datetime(1970, 1, 1, tzinfo=UTC)


def store_zones(setting: Setting) -> tuple[tuple[str, ...], dict[str, int]]:
    """IANA zones of the market, its own first, and by store the place of its zone, where it is another."""
    own = setting.profile.market.time_zone
    stores = setting.tables.get("stores")
    if stores is None:
        return (own,), {}
    rows = setting.engine.to_arrow(stores.select("store_id", "time_zone").distinct()).to_pylist()
    named = {row["store_id"]: row["time_zone"] for row in rows if row["time_zone"] not in {None, own}}
    zones = (own, *sorted(set(named.values())))
    return zones, {store: zones.index(zone) for store, zone in sorted(named.items())}


def clocks(zones: tuple[str, ...], asked: Iterable[tuple[int, int]]) -> pa.Table:
    """By zone (its place) and UTC day since 1970: seconds to add `before` and `after` second `change` of the day.

    >>> clocks(("Europe/Berlin",), [(0, 18714)]).to_pylist()  # 2021-03-28, 01:00 UTC: summer time
    [{'zone': 0, 'utc_day': 18714, 'change': 3600, 'before': 3600, 'after': 7200}]
    """
    rows = [(zone, day, *_of_day(ZoneInfo(zones[zone]), day)) for zone, day in sorted(asked)]
    names = ("zone", "utc_day", "change", "before", "after")
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({name: pa.array(column, pa.int64()) for name, column in zip(names, columns, strict=True)})


def _of_day(zone: ZoneInfo, day: int) -> tuple[int, int, int]:
    """No zone changes its clock twice within a day: the second of the change is found by halving."""
    before, after = _offset(zone, day * DAY), _offset(zone, (day + 1) * DAY - 1)
    if before == after:
        return DAY, before, after
    low, high = 0, DAY - 1  # the offset is `before` at low, `after` at high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, day * DAY + middle) == before else (low, middle)
    return high, before, after


def _offset(zone: ZoneInfo, seconds: int) -> int:
    offset = (_START + timedelta(seconds=seconds)).astimezone(zone).utcoffset()
    return int((offset or timedelta()).total_seconds())
