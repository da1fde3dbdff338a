"""Compare the output of a hand-written script with a publication: the same customers, segments and files.

    python benchmarks/compare.py PUBLICATION OUT

A file of OUT must have a namesake in PUBLICATION. Parquet is compared by value in every column, in order; tags byte by
byte; localized CSV cell by cell, header included (line ends may differ). Doubles may differ by one part in 10^12;
`--tolerant`, for a script that sums floats, lets sums of DECIMAL(38,6) differ by one part in
10^10, or by 0.00001.
"""

from __future__ import annotations

import argparse
import csv
from itertools import zip_longest
from pathlib import Path

import duckdb

#: What a publication has and no script writes: nothing is refused, and the manifest is orchestration.
ALONE = {"manifest.json", "canonical/quarantine.parquet"}
SHOWN = 3


def differences(publication: Path, out: Path, *, tolerant: bool = False) -> list[str]:
    """What differs, in words; empty where the outputs are equal."""
    theirs, ours = (_files(folder) for folder in (publication, out))
    found = [f"{path}: only one side has it" for path in sorted((theirs - ALONE) ^ ours)]
    for path in sorted(theirs & ours):
        one, two = publication / path, out / path
        if path.endswith(".parquet"):
            found += [f"{path}: {text}" for text in _parquet(one, two, tolerant=tolerant)]
        elif path.startswith("tags/"):
            found += [] if one.read_bytes() == two.read_bytes() else [f"{path}: bytes differ"]
        else:
            found += [f"{path}: {text}" for text in _cells(one, two)]
    return found


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _parquet(one: Path, two: Path, *, tolerant: bool) -> list[str]:
    con = duckdb.connect()
    shapes = [
        [(name, kind) for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {_read(path)}").fetchall()]
        for path in (one, two)
    ]
    if shapes[0] != shapes[1]:
        apart = sorted(set(shapes[0]) ^ set(shapes[1]))
        return [f"columns {apart}" if apart else "columns stand in another order"]
    sizes = [con.execute(f"SELECT count(*) FROM {_read(path)}").fetchall()[0][0] for path in (one, two)]
    if sizes[0] != sizes[1]:
        return [f"{sizes[0]} and {sizes[1]} rows"]
    found = []
    for name, kind in shapes[0]:
        equal = f'a."{name}" IS NOT DISTINCT FROM b."{name}"'
        if kind == "DOUBLE" or (tolerant and kind == "DECIMAL(38,6)"):
            part, least = ("1e-12", "0") if kind == "DOUBLE" else ("1e-10", "1e-5")
            apart = f'abs(a."{name}"::DOUBLE - b."{name}"::DOUBLE)'
            equal = f'({equal} OR {apart} <= greatest({least}, {part} * abs(a."{name}"::DOUBLE)))'
        count, example = con.execute(
            f'SELECT count(*), any_value((a.file_row_number, a."{name}", b."{name}")::VARCHAR) '
            f"FROM {_read(one)} a JOIN {_read(two)} b "
            f"USING (file_row_number) WHERE NOT {equal}"
        ).fetchall()[0]
        found += [f"{count} rows differ in {name}, as {example}"] if count else []
    return found


def _read(path: Path) -> str:
    return f"read_parquet('{path}', hive_partitioning = false, file_row_number = true)"


def _cells(one: Path, two: Path) -> list[str]:
    found: list[str] = []
    with one.open(encoding="utf-8-sig", newline="") as left, two.open(encoding="utf-8-sig", newline="") as right:
        pairs = zip_longest(csv.reader(left, delimiter=";"), csv.reader(right, delimiter=";"))
        for number, (row, other) in enumerate(pairs):
            if row != other and len(found) < SHOWN:
                cells = list(zip_longest(row or [], other or []))
                found.append(f"row {number}: {[pair for pair in cells if pair[0] != pair[1]]}")
    return found


def main() -> None:
    """Read the command line; exit code 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("publication", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tolerant", action="store_true")
    args = parser.parse_args()
    found = differences(args.publication, args.out, tolerant=args.tolerant)
    print("\n".join(found) or "equal")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
