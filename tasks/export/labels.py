"""What codes are called in the reader's language: gettext catalogs for our words, CLDR for languages and countries."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

from babel import Locale, UnknownLocaleError

from region_profiles.catalogs.messages import ROOT, SOURCE_LANGUAGE, Key, languages, plural_rule, read, texts
from region_profiles.models import Dimension, Profile, RulesDimension, TiersDimension, TraitDimension
from tasks.catalogue import CATALOGUE
from tasks.cluster.describe import title
from tasks.export.locales import cldr, lineage
from tasks.localize import Formatter, formatter
from tasks.localize.patterns import Digits

#: Codes of a trait's segments that are no value of it.
_GENERAL = frozenset({"unknown", "other", "none"})


class Labels:
    """The words of one locale; remembers what it could not say, for the notes of the files it labels.

    >>> Labels("zh-CN").text("segment lifecycle", "loyal")
    '忠诚客户'
    >>> labels = Labels("el-GR")
    >>> labels.text("column", "segment"), labels.text("segment value", "vip")
    ('Segment', 'vip')
    >>> labels.notes
    ('labels: no catalog el-GR; en instead', 'labels: segment value vip has no translation; its code stands for it')
    """

    def __init__(self, locale: str, digits: Digits = "default") -> None:
        self.locale = locale
        self.digits = digits
        known = languages()
        self.language = next((name for name in lineage(locale) if name in known), SOURCE_LANGUAGE)
        self._fallen_back = self.language not in lineage(locale)
        self._missing: set[tuple[str, str]] = set()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not in the reader's language, sorted."""
        first = (f"labels: no catalog {self.locale}; {self.language} instead",) if self._fallen_back else ()
        return first + tuple(
            f"labels: {context} {code} has no translation; its code stands for it"
            for context, code in sorted(self._missing)
        )

    @property
    def formatter(self) -> Formatter:
        """Numbers and dates as the reader writes them."""
        return formatter(self.locale, self.digits)

    def find(self, code: str, *contexts: str) -> str | None:
        """The message of a code in the first context that has it, in the reader's language, then in English."""
        found = self._find(code, contexts)
        return None if found is None else found[1][-1]

    def _find(self, code: str, contexts: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
        for language in dict.fromkeys((self.language, SOURCE_LANGUAGE)):
            messages = catalog(language)
            for context in contexts:
                if forms := messages.get((context, code)):
                    return language, forms
        return None

    def text(self, context: str, code: str, **values: object) -> str:
        """The message of a code with its placeholders filled; the code itself where there is none, which is noted."""
        message = self.find(code, context)
        if message is None:
            self._missing.add((context, code))
            return code
        return message % values if values else message

    def count(self, context: str, code: str, n: int, **values: object) -> str:
        """A message that counts: its plural form for `n`, with `n` as the reader writes it.

        >>> Labels("en-GB").count("report", "in_days", 1), Labels("en-GB").count("report", "rows", 12345)
        ('in 1 day', '12,345 rows')
        """
        found = self._find(code, (context,))
        if found is None:
            self._missing.add((context, code))
            return f"{code} {self.formatter.decimal(n)}"
        language, forms = found
        return forms[plural_rule(language)(n)] % {"n": self.formatter.decimal(n), **values}

    def alone(self, name: str) -> str:
        """A name of CLDR as it stands by itself, in a heading or a list: with a capital where our headings have one.

        Where CLDR says of a language's names that they do so (contextTransforms), its catalog does; of others it is
        silent.

        >>> Labels("fr-FR").alone("français"), Labels("sv-SE").alone("euro"), Labels("ja-JP").alone("2021年1月")
        ('Français', 'Euro', '2021年1月')
        """
        return name[:1].title() + name[1:] if self.text("report", "date")[:1].isupper() else name

    def number(self, value: int) -> str:
        """A number of things."""
        return str(self.formatter.decimal(value))

    def year(self, value: int) -> str:
        """A year: the reader's digits, no grouping.

        >>> Labels("de-DE").year(2021), Labels("fa-IR").year(2021)
        ('2021', '۲۰۲۱')
        """
        return "".join(self.number(int(digit)) for digit in str(value))

    def language_name(self, code: str) -> str:
        """A language's name by CLDR: of the tag as a whole, else with its script or territory in brackets.

        >>> Labels("de-DE").language_name("zh-Hant"), Labels("ja-JP").language_name("pt-BR")
        ('Chinesisch (traditionell)', 'ポルトガル語 (ブラジル)')
        >>> Labels("de-DE").language_name("en-JP")
        'Englisch (Japan)'
        """
        reader = cldr(self.language)
        whole = reader.languages.get(re.sub("[-_]", "_", code))
        if whole:
            return str(whole)
        try:
            return str(Locale.parse(code, sep="-").get_display_name(reader) or code)
        except UnknownLocaleError:  # CLDR has no such locale (en-JP): its parts have names
            language, territory = code.split("-", maxsplit=1)[0], code.rsplit("-", maxsplit=1)[-1]
            if language not in reader.languages or territory not in reader.territories:
                return self.text("language", code)
            return self.text(
                "template", "detail", text=reader.languages[language], detail=reader.territories[territory]
            )
        except ValueError:
            return self.text("language", code)

    def country_name(self, code: str) -> str:
        """A country's name by CLDR."""
        return str(cldr(self.language).territories.get(code) or self.text("country", code))

    def segments(self, profile: Profile, dimension: str, codes: Iterable[str]) -> dict[str, str]:
        """Label of each segment code of a dimension of the profile, `stratum` and `guest` included."""
        if dimension == "stratum":
            return {code: self._stratum(profile, code) for code in codes}
        kind = profile.dimensions.get(dimension)
        return {code: self._segment(dimension, kind, code) for code in codes}

    def _segment(self, dimension: str, kind: Dimension | None, code: str) -> str:
        found = self.find(code, f"segment {dimension}", "segment")
        if found is not None:
            return found
        trait = getattr(kind, "trait", None)
        if trait == "language":
            return self.alone(self.language_name(code))
        if trait in {"country", "home_country"}:
            return self.alone(self.country_name(code.upper()))
        if trait == "cluster" and self.find("title", "cluster"):
            return title(code, self.text)
        if isinstance(kind, TraitDimension) and code not in _GENERAL and not _closed(kind.trait):
            return code  # the store's own word: a province, a lifestyle
        return self.text(f"segment {dimension}", code)

    def _stratum(self, profile: Profile, code: str) -> str:
        """A stratum is named by its parts: a group or segment of each dimension, joined by `_` in its code."""
        whole = self.find(code, "stratum", "group", "segment")
        if whole is not None:
            return whole
        parts = self._parts(profile, profile.stratum.dimensions, code)
        if not parts:
            return self.text("stratum", code)
        name = parts[0]
        for part in parts[1:]:
            name = self.text("template", "combined", first=name, second=part)
        return name

    def _parts(self, profile: Profile, dimensions: Sequence[str], code: str) -> list[str]:
        """Names of a stratum's parts, none where the code is not made of them; the longest code is tried first."""
        if not dimensions:
            return []
        first, *rest = dimensions
        known = part_codes(profile, first)
        if code in known or not (known or rest):
            return [self._part(profile, first, code)]
        for part in sorted(known, key=len, reverse=True):
            tail = self._parts(profile, rest, code.removeprefix(f"{part}_")) if code.startswith(f"{part}_") else []
            if tail:
                return [self._part(profile, first, part), *tail]
        return []

    def _part(self, profile: Profile, dimension: str, code: str) -> str:
        return self.find(code, "group") or self._segment(dimension, profile.dimensions.get(dimension), code)


def _closed(trait: str) -> bool:
    """Whether the codes of a trait are ours to name, not words of the store's."""
    return trait not in CATALOGUE or bool(CATALOGUE[trait].known)


def part_codes(profile: Profile, dimension: str) -> tuple[str, ...]:
    """The codes that a dimension adds to strata: groups where its rules have them, else its segments, in order."""
    kind = profile.dimensions.get(dimension)
    if isinstance(kind, RulesDimension):
        pairs = [(one.group, one.code) for one in kind.segments] + [(kind.otherwise_group, kind.otherwise)]
        return tuple(dict.fromkeys(group or code for group, code in pairs))
    return segment_codes(kind)


def segment_codes(kind: Dimension | None) -> tuple[str, ...]:
    """The codes of a dimension in the profile's order; a trait's codes are only known from the data."""
    if isinstance(kind, RulesDimension):
        return tuple(dict.fromkeys([*(one.code for one in kind.segments), kind.otherwise]))
    if isinstance(kind, TiersDimension):
        return (*kind.tiers, kind.nobody)
    return ()


@cache
def catalog(language: str) -> Mapping[Key, tuple[str, ...]]:
    """Messages of a language by context and code, as one form or its plurals; what is fuzzy or empty is not there."""
    messages = read(ROOT / language / "strata.po")
    return {key: texts(one) for key, one in messages.items() if all(texts(one)) and not one.fuzzy}


def catalog_digests(locales: Iterable[str]) -> dict[str, str]:
    """sha256 of what the words and forms of these locales come from: catalogs, the tables of cultures and calendars.

    English is always among the catalogs: it says what another does not. What no team reads changes no publication.
    """
    root = resources.files("region_profiles")
    read = {SOURCE_LANGUAGE, *(Labels(locale).language for locale in locales)}
    files = {f"catalog {name}": root / "catalogs" / name / "strata.po" for name in read}
    files["excel cultures"] = root / "reference_cultures" / "excel_cultures.csv"
    culture = (root / "culture").iterdir()
    files |= {f"culture {one.name}": one for one in culture if one.name.endswith((".yaml", ".csv"))}
    files["territories"] = root / "territories.yaml"
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in sorted(files.items())}
