"""Distil the JSON of CLDR 47 into `cldr-47.json`, the one place that completes Babel.

`python -m tasks.localize.cldr.distill FOLDER`: FOLDER holds the packages cldr-core, cldr-numbers-full, cldr-dates-full,
cldr-misc-full, cldr-cal-persian-full and cldr-cal-buddhist-full of release 47.0.0, as npm installs them
(node_modules) or as the tag 47.0.0 of unicode-org/cldr-json holds them (folder cldr-json); npm lacks that release of
the last three. The same originals give the same bytes.

A locale's facts are flat (`latn.decimal`, `months.wide`), and only what differs from its CLDR parent is written, null
where the parent has what the locale lacks. `tasks.localize.data` puts them together again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tasks.localize.tags import subtags

RELEASE = "47.0.0"
TARGET = Path(__file__).with_name("cldr-47.json")
HEADER = {
    "source": f"unicode-org/cldr-json {RELEASE} (npm: cldr-*-full), distilled by tasks/localize/cldr/distill.py",
    "licence": "Unicode License v3, https://www.unicode.org/license.txt; see NOTICE",
    "release": RELEASE,
}
SYMBOLS = {
    "decimal": "decimal",
    "group": "group",
    "percentSign": "percent",
    "minusSign": "minus",
    "infinity": "infinity",
    "nan": "nan",
    "currencyDecimal": "money_decimal",
    "currencyGroup": "money_group",
}
PATTERNS = {"standard": "money", "accounting": "accounting"}
LENGTHS = ("full", "long", "medium", "short")
#: Longer times name a zone; local times have none.
TIMES = ("medium", "short")
SKELETONS = ("yMMM", "yMMMM", "yyyyMMM", "yyyyMMMM")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Calendars other than the Gregorian that are some territory's first.
CALENDARS = ("persian", "buddhist")

Facts = dict[str, Any]


def read(path: Path) -> Any:
    """The JSON of a file."""
    return json.loads(path.read_text(encoding="utf-8"))


def main_of(folder: Path, package: str, locale: str, name: str) -> Any:
    """A locale's part of a file of a package; empty where the package lacks the locale."""
    path = folder / package / "main" / locale / f"{name}.json"
    return read(path)["main"][locale] if path.exists() else {}


def by_category(patterns: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Compact patterns by magnitude and plural category; a category equal to `other` is left out.

    >>> by_category({"1000-count-one": "0K", "1000-count-few": "0Ks", "1000-count-other": "0K"})
    {'1000': {'few': '0Ks', 'other': '0K'}}
    """
    found: dict[str, dict[str, str]] = {}
    for name, pattern in patterns.items():
        magnitude, _, category = name.partition("-count-")
        if "-alt-" not in category:
            found.setdefault(magnitude, {})[category] = pattern
    return {
        magnitude: {name: text for name, text in forms.items() if name == "other" or text != forms.get("other")}
        for magnitude, forms in found.items()
    }


def number_facts(numbers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Signs and patterns of a locale's default, native and Latin digits."""
    default, native = numbers["defaultNumberingSystem"], numbers["otherNumberingSystems"]["native"]
    yield from (("digits", default), ("native", native), ("grouping", int(numbers["minimumGroupingDigits"])))
    for system in sorted({default, native, "latn"}):
        signs = numbers.get(f"symbols-numberSystem-{system}")
        if signs is None:
            continue
        yield from ((f"{system}.{ours}", signs[theirs]) for theirs, ours in SYMBOLS.items() if theirs in signs)
        decimals = numbers[f"decimalFormats-numberSystem-{system}"]
        money = numbers[f"currencyFormats-numberSystem-{system}"]
        yield f"{system}.number", decimals["standard"]
        yield f"{system}.percentage", numbers[f"percentFormats-numberSystem-{system}"]["standard"]
        yield from ((f"{system}.{ours}", money[theirs]) for theirs, ours in PATTERNS.items() if theirs in money)
        yield f"{system}.gap_before", money["currencySpacing"]["beforeCurrency"]["insertBetween"]
        yield f"{system}.gap_after", money["currencySpacing"]["afterCurrency"]["insertBetween"]
        yield f"{system}.compact", by_category(decimals["short"]["decimalFormat"])
        short = {k: v for k, v in money.get("short", {}).get("standard", {}).items() if "-alpha" not in k}
        if short:
            yield f"{system}.compact_money", by_category(short)


def currency_facts(currencies: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, Any]]:
    """Signs of currencies where they are not the code, and what a currency brings of its own."""
    for code, facts in currencies.items():
        if facts.get("symbol", code) != code:
            yield f"{code}", facts["symbol"]
        yield from ((f"{code}.{name}", facts[name]) for name in ("pattern", "decimal", "group") if name in facts)


def calendar_facts(prefix: str, calendar: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and patterns of a calendar."""
    for context, mark in (("format", ""), ("stand-alone", "alone.")):
        for width in ("wide", "abbreviated"):
            months = calendar["months"][context][width]
            yield f"{prefix}{mark}months.{width}", [months[str(number + 1)] for number in range(12)]
        for width in ("wide", "abbreviated"):
            if not prefix:
                yield f"{mark}days.{width}", [calendar["days"][context][width][day] for day in DAYS]
    if not prefix:
        yield from ((f"periods.{width}", calendar["dayPeriods"]["format"][width]) for width in ("abbreviated", "wide"))
    yield from ((f"{prefix}eras.{name}", list(eras.values())[-2:]) for name, eras in eras_of(calendar))
    for length in LENGTHS:
        yield f"{prefix}date.{length}", text(calendar["dateFormats"][length])
        if not prefix and length in TIMES:
            yield f"time.{length}", text(calendar["timeFormats"][length])
        if not prefix:
            at_time = calendar.get("dateTimeFormats-atTime", {}).get("standard", calendar["dateTimeFormats"])
            yield f"at.{length}", text(at_time[length])
    available = calendar["dateTimeFormats"]["availableFormats"]
    yield from ((f"{prefix}{name}", available[name]) for name in SKELETONS if name in available)


def eras_of(calendar: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Era names by width, oldest first, without variants."""
    for theirs, ours in (("eraNames", "wide"), ("eraAbbr", "abbreviated"), ("eraNarrow", "narrow")):
        yield ours, {key: name for key, name in calendar["eras"][theirs].items() if "-alt-" not in key}


def text(pattern: str | Mapping[str, str]) -> str:
    """A pattern, without the digits that a few carry beside it."""
    return pattern if isinstance(pattern, str) else pattern["_value"]


def locale_facts(folder: Path, locale: str) -> Facts:
    """Everything of a locale, flat."""
    numbers = main_of(folder, "cldr-numbers-full", locale, "numbers")["numbers"]
    currencies = main_of(folder, "cldr-numbers-full", locale, "currencies")["numbers"]["currencies"]
    gregorian = main_of(folder, "cldr-dates-full", locale, "ca-gregorian")["dates"]["calendars"]["gregorian"]
    lists = main_of(folder, "cldr-misc-full", locale, "listPatterns")["listPatterns"]
    facts = dict(number_facts(numbers)) | dict(currency_facts(currencies)) | dict(calendar_facts("", gregorian))
    for name in CALENDARS:
        calendar = main_of(folder, f"cldr-cal-{name}-full", locale, f"ca-{name}")
        if calendar:
            its = dict(calendar_facts(f"{name}.", calendar["dates"]["calendars"][name]))
            facts |= {key: value for key, value in its.items() if value != facts.get(key.removeprefix(f"{name}."))}
    for theirs, ours in (("standard", "and"), ("or", "or")):
        pattern = lists[f"listPattern-type-{theirs}"]
        facts[f"list.{ours}"] = [pattern[part] for part in ("2", "start", "middle", "end")]
    return facts


def parent_of(locale: str, explicit: Mapping[str, str], known: Mapping[str, Facts]) -> str:
    """The nearest ancestor in CLDR's chain that has data; `und` is root."""
    while locale != "und":
        locale = explicit.get(locale) or (locale.rpartition("-")[0] or "und")
        if locale in known:
            break
    return locale


def ancestry(name: str, above: Mapping[str, str]) -> int:
    """How many parents a locale has: parents come before their children."""
    return 0 if above[name] == name else 1 + ancestry(above[name], above)


def completed(own: Facts, inherited: Facts) -> Facts:
    """A currency's own format made whole: pattern, decimal and grouping sign, from the locale that states any of them.

    ICU carries them as one triple, so that en-BE, which inherits the pattern of en-150's euro, gets its signs as well.

    >>> own = {"digits": "latn", "latn.money": "#,##0.00 ¤", "latn.decimal": ",", "latn.group": ".", "CVE.decimal": "$"}
    >>> [completed(own, {})[f"CVE.{part}"] for part in ("pattern", "decimal", "group")]
    ['#,##0.00 ¤', '$', '.']
    """
    whole = dict(own)
    system = own["digits"]
    rest = {
        "pattern": own.get(f"{system}.money"),
        "decimal": own.get(f"{system}.money_decimal", own.get(f"{system}.decimal")),
        "group": own.get(f"{system}.money_group", own.get(f"{system}.group")),
    }
    for code in sorted({name[:3] for name in own if name[:3].isupper() and name[4:] in rest}):
        said = {part: own[f"{code}.{part}"] for part in rest if f"{code}.{part}" in own}
        before = {part: inherited[f"{code}.{part}"] for part in rest if f"{code}.{part}" in inherited}
        new = not before or any(before.get(part) != value for part, value in said.items())
        whole |= {f"{code}.{part}": value for part, value in ((rest | said) if new else before).items()}
    return whole


def tender(own: Facts, territory: str, money: Mapping[str, Any]) -> str | None:
    """The territory's present currency where the locale has a format of that currency's own.

    ICU takes that format for all currencies of the locale.
    """
    for entry in money.get(territory, []):
        for code, dates in entry.items():
            if "_to" not in dates and dates.get("_tender") != "false":
                return str(code) if f"{code}.pattern" in own else None
    return None


def difference(own: Facts, inherited: Facts) -> Facts:
    """What a locale says otherwise than its parent, null for what it lacks, sorted.

    >>> difference({"a": 1, "c": 3}, {"a": 1, "b": 2})
    {'b': None, 'c': 3}
    """
    changed = {name: value for name, value in own.items() if name not in inherited or inherited[name] != value}
    return dict(sorted((changed | dict.fromkeys(inherited.keys() - own.keys())).items()))


def supplemental(folder: Path) -> Facts:
    """Facts beside the locales: digits, decimals of currencies, first calendars and periods of the day."""
    core = folder / "cldr-core" / "supplemental"

    def part(name: str) -> Any:
        return read(core / f"{name}.json")["supplemental"]

    fractions = part("currencyData")["currencyData"]["fractions"]
    calendars = part("calendarPreferenceData")["calendarPreferenceData"]
    return {
        "digits": {name: facts["_digits"] for name, facts in part("numberingSystems")["numberingSystems"].items()
                   if facts["_type"] == "numeric"},
        "fractions": {code: {key[1:]: int(value) for key, value in facts.items()} for code, facts in fractions.items()},
        "calendars": {territory: names[0] for territory, names in calendars.items() if names[0] in CALENDARS},
        "periods": part("dayPeriods")["dayPeriodRuleSet"],
    }  # fmt: skip


def distill(folder: Path) -> str:
    """The text of `cldr-47.json`: one line for each locale."""
    release = read(folder / "cldr-core" / "package.json")["version"]
    if release != RELEASE:
        raise SystemExit(f"{folder} holds CLDR {release}; expected {RELEASE}")
    explicit = read(folder / "cldr-core" / "supplemental" / "parentLocales.json")["supplemental"]["parentLocales"]
    parents = {child: parent for child, parent in explicit["parentLocale"].items() if not child.startswith("_")}
    names = sorted(path.name for path in (folder / "cldr-numbers-full" / "main").iterdir())
    known = {name: locale_facts(folder, name) for name in names}
    above = {name: parent_of(name, parents, known) for name in names}
    money = read(folder / "cldr-core" / "supplemental" / "currencyData.json")["supplemental"]["currencyData"]["region"]
    whole: dict[str, Facts] = {}
    for name in sorted(names, key=lambda name: ancestry(name, above)):
        facts = completed(known[name], whole.get(above[name], {}))
        code = tender(facts, subtags(name)[2], money)
        whole[name] = facts | ({"tender": code} if code else {})
    lines = []
    for name in names:
        inherited = whole[above[name]] if above[name] != name else {}
        lines.append(f"{json.dumps(name)}: {dense({'parent': above[name], **difference(whole[name], inherited)})}")
    head = "".join(f"{json.dumps(key)}: {dense(value)},\n" for key, value in (HEADER | supplemental(folder)).items())
    return "{\n" + head + '"locales": {\n' + ",\n".join(lines) + "\n}}\n"


def dense(value: object) -> str:
    """JSON without spaces, letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    TARGET.write_text(distill(parser.parse_args().folder), encoding="utf-8")


if __name__ == "__main__":
    main()
