"""The catalogs as files: read them, check them, bring them into the template's shape.

`python -m region_profiles.catalogs.messages` checks (in `make check`); with `update` it first writes every catalog
anew in the template's order, with its comments, new messages empty and messages that the template lost left out.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from gettext import c2py  # undocumented, but the standard library's own reading of Plural-Forms
from importlib import resources
from pathlib import Path

import yaml
from babel.messages.catalog import Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

#: A message's context and code.
Key = tuple[str, str]

ROOT = Path(str(resources.files("region_profiles"))) / "catalogs"
TEMPLATE = ROOT / "strata.pot"
SOURCE_LANGUAGE = "en"
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
#: Excel's longest name of a worksheet, and the signs it refuses there.
_SHEET_NAME, _SHEET_SIGNS = 31, re.compile(r"[\[\]:*?/\\]")
_SHEETS = frozenset({"summary", "definitions", "customers", "contacts_by_role"})
#: Numbers that are counted to see which plural form serves a single one: no rule tells larger ones apart.
_COUNTED = 1000


@cache
def languages() -> tuple[str, ...]:
    """Languages that have a catalog, sorted."""
    return tuple(sorted(folder.name for folder in ROOT.iterdir() if (folder / "strata.po").is_file()))


def read(path: Path) -> Mapping[Key, Message]:
    """The messages of a file by context and code, in its order."""
    with path.open("rb") as lines:
        return {key(message): message for message in read_po(lines) if message.id}


def key(message: Message) -> Key:
    """Context and code; a message with plurals repeats its code."""
    code = message.id if isinstance(message.id, str) else message.id[0]
    return str(message.context), str(code)


def texts(message: Message) -> tuple[str, ...]:
    """The forms of a message: one, or as many as the language has plurals."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


@cache
def plural_rule(language: str) -> Callable[[int], int]:
    """Which form of a message counts `n` things in a language (CLDR's rules, as Babel has them for gettext)."""
    rule: Callable[[int], int] = c2py(get_plural(language.replace("-", "_")).plural_expr)
    return rule


def faults(language: str, root: Path = ROOT) -> Iterator[str]:
    """What is wrong with a catalog: keys, empty or fuzzy messages, plural forms, placeholders, names of sheets."""
    path = root / language / "strata.po"
    template, english, own = read(TEMPLATE), read(ROOT / SOURCE_LANGUAGE / "strata.po"), read(path)
    for name in template.keys() - own.keys():
        yield f"{language}: {name} is missing: python -m region_profiles.catalogs.messages update"
    for name in own.keys() - template.keys():
        yield f"{language}: {name} is not in strata.pot"
    plural = get_plural(language.replace("-", "_"))
    yield from _glossary_faults(language, own, root)
    header = f"Plural-Forms: nplurals={plural.num_plurals}; plural={plural.plural_expr};"
    if header not in path.read_text(encoding="utf-8"):
        yield f"{language}: its header lacks '{header}'"
    for name, message in own.items():
        if name not in template:
            continue
        if message.auto_comments != template[name].auto_comments:
            yield f"{language}: {name}: has other comments than strata.pot"
        forms = [plural_rule(language)(n) for n in range(_COUNTED)]
        single = {form for form in forms if forms.count(form) == 1}
        for fault in _message_faults(message, english[name], plural.num_plurals, single):
            yield f"{language}: {name}: {fault}"


#: Where a glossary's terms are messages: prefix of the term, context of the message.
_TERMS = {"lifecycle: ": "segment lifecycle", "value tier: ": "segment value", "group: ": "group"}
#: Terms that a message says by themselves, whatever its capitals: context, code, term. Not here is what a message may
#: inflect, count or say of something else (orders, left out, a unit's share), and terms within sentences: to look for
#: those in languages with cases would refuse good translations.
_ALONE = (
    ("column", "segment", "segment"),
    ("column", "dimension", "dimension"),
    ("dimension", "stratum", "stratum"),
    ("dimension", "lifecycle", "lifecycle"),
    ("dimension", "value", "value tier"),
    ("dimension", "market", "whole market"),
    ("dimension", "loyalty", "loyalty programme"),
    ("basis", "gross", "gross (with tax)"),
    ("basis", "net", "net (without tax)"),
    ("column untaxed", "monetary_local", "revenue"),
    ("report", "revenue_untaxed", "revenue"),
    ("report", "share", "share"),
    ("report", "lens", "lens"),
    ("column", "home_store", "home store"),
    ("field", "store_id", "store"),
    ("chain", "store", "store"),
    ("segment", "guest", "guest"),
    ("segment residence", "resident", "resident"),
    ("segment residence", "cross_border", "cross-border"),
    ("segment residence", "visitor", "visitor"),
    ("segment culture", "visitor", "visitor"),
    ("segment", "unknown", "unknown"),
    ("segment residence", "unknown", "unknown"),
    ("field", "market", "market"),
    ("index", "market", "market"),
    ("column", "note", "note"),
    ("column", "reference_currency", "group currency"),
    ("chain", "differs_reporting_currency", "group currency"),
    ("column", "member_number", "member number"),
    ("column", "salutation", "form of address"),
    ("index", "report", "report"),
    ("report", "kind_holiday", "public holiday"),
    ("report", "kind_day", "shopping moment"),
    ("report", "kind_season", "season"),
)


def glossary(language: str, root: Path = ROOT) -> Mapping[str, str]:
    """The fixed terms of a language: English term to translation."""
    text = (root / language / "glossary.csv").read_text(encoding="utf-8")
    return {row["term"]: row["translation"] for row in csv.DictReader(text.splitlines())}


def _glossary_faults(language: str, own: Mapping[Key, Message], root: Path) -> Iterator[str]:
    """Terms that the English glossary has and this one lacks, and messages that are a term but not the glossary's."""
    terms = glossary(language, root)
    yield from (f"{language}: glossary.csv lacks '{term}'" for term in glossary(SOURCE_LANGUAGE) if not terms.get(term))
    for term, translation in terms.items():
        for prefix, context in _TERMS.items():
            message = own.get((context, term.removeprefix(prefix)))
            if term.startswith(prefix) and message is not None and texts(message) != (translation,):
                yield f"{language}: {(context, term)} is {message.string}, in glossary.csv {translation}"
    for context, code, term in _ALONE:
        message, wanted = own.get((context, code)), terms.get(term)
        if message is not None and wanted and str(message.string).casefold() != wanted.casefold():
            yield f"{language}: {(context, code)} is {message.string}, in glossary.csv {term} is {wanted}"


def _message_faults(message: Message, english: Message, plurals: int, single: set[int]) -> Iterator[str]:
    """`single` are the plural forms that serve one number only, and may say it in a word."""
    found, wanted = texts(message), sorted(_PLACEHOLDER.findall(texts(english)[-1]))
    if message.fuzzy:
        yield "is fuzzy"
    if not all(text.strip() for text in found):
        yield "is not translated"
        return
    if message.pluralizable != english.pluralizable or len(found) != (plurals if message.pluralizable else 1):
        yield f"has {len(found)} forms, expected {plurals if english.pluralizable else 1}"
    for number, text in enumerate(found):
        placeholders = sorted(_PLACEHOLDER.findall(text))
        in_a_word = message.pluralizable and number in single and placeholders == sorted(set(wanted) - {"n"})
        if placeholders != wanted and not in_a_word:
            yield f"has placeholders {placeholders}, expected {wanted}"
        if "%" in _PLACEHOLDER.sub("", text):
            yield "has a lone percent sign"
    if message.context == "workbook" and key(message)[1] in _SHEETS:
        name = found[0]
        if len(name) > _SHEET_NAME or _SHEET_SIGNS.search(name) or name.startswith("'") or name.endswith("'"):
            yield f"is no name of a worksheet: {name}"


#: Languages of teams that no catalog has: their teams read English. One that gets a catalog leaves this list.
READ_IN_ENGLISH = frozenset({"bg"})


def profile_faults() -> Iterator[str]:
    """Languages of the built-in profiles' teams that have neither a catalog nor a place in READ_IN_ENGLISH."""
    known = {language.split("-")[0] for language in languages()}
    yield from (f"{language}: has a catalog and stands in READ_IN_ENGLISH" for language in known & READ_IN_ENGLISH)
    files = sorted(path for path in ROOT.parent.rglob("*.yaml") if path.parent.name == "markets")
    for path in files:
        teams = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("teams", ())
        for locale in sorted({locale for team in teams for locale in team["locales"]}):
            if locale.split("-")[0] not in known | READ_IN_ENGLISH:
                yield f"{path.relative_to(ROOT.parent)}: {locale} has no catalog: translate it, or READ_IN_ENGLISH"


def update(language: str) -> None:
    """Write a catalog anew: the template's messages and comments, the translations that are there."""
    path = ROOT / language / "strata.po"
    own = read(path)
    plural = get_plural(language.replace("-", "_"))
    head = path.read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines()
    head = [line for line in head if "Plural-Forms" not in line]
    head.append(f'"Plural-Forms: nplurals={plural.num_plurals}; plural={plural.plural_expr};\\n"')
    parts = ["\n".join(head)]
    for name, message in read(TEMPLATE).items():
        kept = own.get(name)
        forms = texts(kept) if kept is not None and kept.pluralizable == message.pluralizable else ()
        parts.append(_written(name, message, forms, plural.num_plurals))
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _written(name: Key, message: Message, forms: tuple[str, ...], plurals: int) -> str:
    context, code = name
    lines = [*(f"#. {comment}" for comment in message.auto_comments), f"msgctxt {_quoted(context)}"]
    lines.append(f"msgid {_quoted(code)}")
    if not message.pluralizable:
        return "\n".join([*lines, f"msgstr {_quoted(forms[0] if forms else '')}"])
    padded = (*forms, *[""] * plurals)[:plurals]
    lines.append(f"msgid_plural {_quoted(code)}")
    return "\n".join([*lines, *(f"msgstr[{number}] {_quoted(text)}" for number, text in enumerate(padded))])


def _quoted(text: str) -> str:
    r"""A text in PO's quotes.

    >>> _quoted('a "b"\n')
    '"a \\"b\\"\\n"'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def main(arguments: list[str]) -> int:
    """Check every catalog, after bringing it into shape if told so; the exit code."""
    if arguments == ["update"]:
        for language in languages():
            update(language)
    found = [*profile_faults(), *(fault for language in languages() for fault in faults(language))]
    sys.stdout.write("".join(f"{fault}\n" for fault in found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
