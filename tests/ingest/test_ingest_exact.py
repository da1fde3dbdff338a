"""The exact reader's fast blocks say what Python's csv says of every record, whatever quotes and line ends come."""

from __future__ import annotations

import random
from itertools import islice

import pyarrow.parquet as pq
import pytest

from tasks.ingest import exact
from tasks.ingest.dialect import Dialect
from tasks.ingest.records import records

FIELDS = ("a", "é", "", '"b"', '"c;d"', '"e""f"', '"g\nh"', '"i\r\nj"', '""')
BROKEN = ('"x"y;z', 'q"r;s', '"open;z', '";"', "k;l;m;n", "o", "")


def text_of(seed):
    """Records of two fields, most of them sound; some texts are nothing but noise."""
    chance = random.Random(seed)  # noqa: S311 - the same texts on every run
    if chance.random() < 0.3:
        return "".join(chance.choices('ab;;"\n\r', k=chance.randrange(1, 300)))
    lines = [";".join(chance.choices(FIELDS, k=2)) for _ in range(chance.randrange(1, 40))]
    for _ in range(chance.randrange(3)):
        lines.insert(chance.randrange(len(lines)), chance.choice(BROKEN))
    return chance.choice(["\n", "\r\n", "\r"]).join(lines) + chance.choice(["", "\n", "\r\n"])


def record_by_record(path, dialect):
    """What Python's csv says of each record: number, fault, fields."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(records(islice(file, dialect.skip, None), dialect.delimiter, dialect.quote, dialect.escape))
    rows = []
    for record, sound in ((r, s) for r, s in found[dialect.heading :] if r):
        if dialect.trailing and len(record) == 3 and not record[-1]:
            record.pop()
        few, many = len(record) < 2, len(record) > 2
        fault = "syntax" if not sound else "too_few_fields" if few else "too_many_fields" if many else None
        rows.append((len(rows) + 1, fault, *[*record, None, None][:2]))
    return rows


@pytest.mark.parametrize("block", [32, 4096])
@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(";", '"', '"', ("A", "B"), 0, 0, None),
        Dialect(";", '"', '"', ("A", "B"), 1, 1, None),
        Dialect(";", '"', "\\", ("A", "B"), 0, 0, None),
        Dialect(";", "", "", ("A", "B"), 0, 1, None),
        Dialect(";", '"', '"', ("A", "B"), 0, 0, None, trailing=True),
    ],
    ids=["plain", "title and header", "escape", "no quotes", "trailing delimiter"],
)
def test_blocks_say_what_record_by_record_says(block, dialect, tmp_path, monkeypatch):
    for name, value in {"SMALLEST_BLOCK": 8, "LARGEST_BLOCK": block, "PIECE": 16, "GROUP": 7}.items():
        monkeypatch.setattr(exact, name, value)
    for seed in range(60):
        path = tmp_path / f"{seed}.csv"
        path.write_text(("\ufeff" if seed % 5 == 0 else "") + "title\n" * dialect.skip + text_of(seed), newline="")
        found = pq.read_table(exact.write(path, dialect, tmp_path / f"{seed}.parquet"))
        assert [tuple(row.values()) for row in found.to_pylist()] == record_by_record(path, dialect), seed


def test_a_quote_that_never_closes_costs_its_line_and_no_other(tmp_path):
    lines = [f"{n};b\n" for n in range(1000)]
    lines[500] = '500;"b\n'
    path = tmp_path / "sales.csv"
    path.write_text("".join(lines))
    found = pq.read_table(exact.write(path, Dialect(";", '"', '"', ("A", "B"), 0, 0, None), tmp_path / "x.parquet"))
    assert found["record"].to_pylist() == list(range(1, 1001))
    assert [(row["record"], row["A"]) for row in found.to_pylist() if row["fault"]] == [(501, "500")]
