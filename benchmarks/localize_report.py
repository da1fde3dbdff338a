"""`make l10n-report`: the formatter beside Node's Intl, value by value, over the main locales of all territories.

    python benchmarks/localize_report.py [--differences N]

Prints values and differences by kind, each cause of a difference with its reason, and the locales that ICU lacks, which
are compared with CLDR's rules one value at a time (tests/localize/scalar.py). Exit code 1 if fewer than 99.9 % of the
values that ICU has are equal, or a difference has no cause here.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pyarrow as pa
from localize_cases import AMOUNTS, BOTH, DATES, LOCAL, MOMENTS, NUMBERS, Case, cases, currency_of
from localize_judge import Request, ask

from tasks.localize import Formatter, main_locales

AIM = 0.999


class Cause(NamedTuple):
    """Why values differ, and of which locales and kinds."""

    name: str
    locales: tuple[str, ...]
    kinds: tuple[str, ...]
    reason: str


CAUSES = (
    Cause(
        "fr-ML joins short",
        ("fr-ML",),
        ("dates with times",),
        "CLDR's JSON has fr-ML's joint of short dates and times, '{1}, {0}', for times at a date too; ICU takes "
        "'{1} {0}' from fr there. We follow the JSON.",
    ),
    Cause(
        "ps-AF names months",
        ("ps-AF",),
        ("months",),
        "ICU derives month and year of the Persian calendar from the long date and keeps its د; CLDR has a pattern for "
        "them, yyyyMMMM, which we follow.",
    ),
)


class Difference(NamedTuple):
    """One value that is not equal."""

    locale: str
    kind: str
    value: object
    ours: str
    theirs: str

    @property
    def cause(self) -> str | None:
        """The name of its cause."""
        found = (one.name for one in CAUSES if self.locale in one.locales and self.kind in one.kinds)
        return next(found, None)


class Compared(NamedTuple):
    """Values by kind, differences, and which locales ICU judged and which it lacks."""

    values: Counter[str]
    differences: list[Difference]
    judged: list[str]
    absent: list[str]


def compare(locales: Sequence[str]) -> Compared:
    """Compare all that Intl has of the locales."""
    numbers, lists = (
        {locale for locale, (has,) in zip(locales, ask(asked), strict=True) if has}
        for asked in (
            [Request(locale, "has", {}, [kind]) for locale in locales] for kind in ("NumberFormat", "ListFormat")
        )
    )
    judged = [locale for locale in locales if locale in numbers]
    return Compared(*answers(judged, lists), judged, [locale for locale in locales if locale not in numbers])


def answers(locales: Sequence[str], lists: Container[str]) -> tuple[Counter[str], list[Difference]]:
    """Values by kind and what differs; lists only of locales that Intl has lists of, else it answers in English."""
    asked = [one for locale in locales for one in cases(locale) if one.kind != "lists" or locale in lists]
    values: Counter[str] = Counter()
    differences: list[Difference] = []
    for case, theirs in zip(asked, ask([one.request for one in asked]), strict=True):
        values[case.kind] += len(theirs)
        differences += unequal(case, theirs)
    return values, differences


def unequal(case: Case, theirs: Sequence[str]) -> Iterator[Difference]:
    """The differences of a case."""
    for value, ours, their in zip(case.request.values, case.ours, theirs, strict=True):
        if ours != their:
            yield Difference(case.request.locale, case.kind, value, ours, their)


def by_rules(locales: Sequence[str]) -> tuple[int, list[Difference]]:
    """Locales without a judge, beside CLDR's rules: how many values, and those that differ."""
    rows = [row for locale in locales for row in ruled(locale)]
    return len(rows), [row for row in rows if row.ours != row.theirs]


def ruled(locale: str) -> Iterator[Difference]:
    """Values of a locale beside CLDR's rules, equal or not."""
    from tests.localize.scalar import Scalar

    its = Formatter(locale, calendar="gregorian")
    rules, amounts = Scalar(its.data), AMOUNTS.to_pylist()

    def rows(kind: str, values: Sequence[object], said: pa.Array, rule: Sequence[str]) -> Iterator[Difference]:
        for value, ours, theirs in zip(values, said.to_pylist(), rule, strict=True):
            yield Difference(locale, kind, value, ours, theirs)

    yield from rows("decimals", NUMBERS, its.decimal(AMOUNTS), [rules.decimal(x) for x in amounts])
    yield from rows("percents", NUMBERS, its.percent(AMOUNTS), [rules.percent(x) for x in amounts])
    for currency in dict.fromkeys((currency_of(locale), "EUR", "USD", "JPY", "KWD")):
        for books in (False, True):
            said = its.money(AMOUNTS, currency, accounting=books)
            yield from rows("money", NUMBERS, said, [rules.money(x, currency, accounting=books) for x in amounts])
    for form in DATES:
        yield from rows("dates", MOMENTS, its.date(LOCAL, form), [rules.date(x, form) for x in MOMENTS])
    for day, clock in BOTH:
        said = its.datetime(LOCAL, day, clock)
        yield from rows("dates with times", MOMENTS, said, [rules.datetime(x, day, clock) for x in MOMENTS])


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--differences", type=int, default=0, help="print that many of each cause")
    shown = parser.parse_args().differences
    found = compare(main_locales())
    total, unlike = sum(found.values.values()), len(found.differences)
    kinds = Counter(one.kind for one in found.differences)
    print(f"{'kind':28} {'values':>8} {'differ':>7} {'equal':>9}")
    for kind, count in found.values.items():
        print(f"{kind:28} {count:8,} {kinds[kind]:7,} {1 - kinds[kind] / count:9.3%}")
    print(f"{'all':28} {total:8,} {unlike:7,} {1 - unlike / total:9.3%}")
    print(f"\n{len(main_locales())} main locales: {len(found.judged)} judged by ICU 77 (CLDR 47)")
    checked, broken = by_rules(found.absent)
    print(f"{len(found.absent)} that ICU lacks, by CLDR's rules: {checked:,} values, {len(broken)} differ")
    print(f"  {' '.join(found.absent)}")
    causes = Counter(one.cause for one in found.differences)
    print(f"\n{'cause':24} {'values':>6}  reason")
    for cause in CAUSES:
        print(f"{cause.name:24} {causes[cause.name]:6,}  {cause.reason}")
    unexplained = [one for one in found.differences if one.cause is None]
    for name in [*(cause.name for cause in CAUSES), None]:
        for one in [one for one in found.differences if one.cause == name][: shown if name else 20]:
            print(f"  {one.locale} {one.kind} {one.value}: {one.ours!a} Intl {one.theirs!a}")
    for one in broken[:20]:
        print(f"  {one.locale} {one.kind} {one.value}: {one.ours!a} rules {one.theirs!a}")
    if unexplained or broken or unlike > (1 - AIM) * total:
        sys.exit(f"{len(unexplained)} differences without a cause; aim {AIM:.1%}")


if __name__ == "__main__":
    main()
