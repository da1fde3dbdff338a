"""What a market's data protection law keeps out of marketing: regimes.yaml read, and a profile held against it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from region_profiles.findings import Fault, Steps, nearest
from region_profiles.models import (
    Audience,
    Dimension,
    Privacy,
    Profile,
    RulesDimension,
    TiersDimension,
    TraitDimension,
)
from region_profiles.reading import plain, read_file
from region_profiles.seasons import hemisphere
from tasks.catalogue import CATALOGUE, Trait

_FILE = Path(__file__).parent / "regimes.yaml"
_BASE = Path(__file__).parent / "base.yaml"
#: Where no law is named.
_OTHER = "national"
#: Arabic writes `the` and `and` as the beginning of the word.
_ARABIC = re.compile("[\u0600-\u06ff]")
_BEFORE = "(?:\u0648?\u0627\u0644|\u0648)?"
#: Scripts that run words together: a word may stand anywhere in them.
_TOGETHER = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Regime:
    """A law: by kind of product and by sensitivity of a trait the article that keeps it out of marketing.

    `consent`: whether traits may be computed of those who agreed to be profiled. Who is younger than `age` is in no
    marketing audience, by `minors`; None where the law is silent.
    """

    code: str
    law: str
    products: Mapping[str, str]
    traits: Mapping[str, str]
    consent: bool
    age: int | None
    minors: str | None


@cache
def _facts() -> dict[str, Any]:
    node, faults = read_file(_FILE, "region_profiles/regimes.yaml")
    if faults:
        raise faults[0]
    facts: dict[str, Any] = plain(node)
    return facts


@cache
def regimes() -> Mapping[str, Regime]:
    """Every regime by its code.

    >>> regimes()["lgpd"].products["minor"], regimes()["pipa"].age
    ('Art. 14', 14)
    """
    return {
        code: Regime(
            code,
            told["law"],
            told["products"],
            told.get("traits") or {},
            bool(told.get("consent")),
            told.get("minors", {}).get("age"),
            told.get("minors", {}).get("article"),
        )
        for code, told in _facts()["regimes"].items()
    }


def regime_of(privacy: Privacy) -> Regime:
    """The regime of a profile; `national` for a code that is not known (a fault of the profile)."""
    return regimes().get(privacy.regime, regimes()[_OTHER])


def forbidden(privacy: Privacy, trait: Trait) -> str | None:
    """The article by which a trait is not computed, with the regime; None where it may be.

    >>> forbidden(Privacy(regime="uae_pdpl"), CATALOGUE["children"])
    'uae_pdpl: Art. 1'
    >>> forbidden(Privacy(regime="uae_pdpl", basis="consent"), CATALOGUE["children"])
    """
    regime = regime_of(privacy)
    if regime.consent and privacy.basis == "consent":
        return None
    articles = [regime.traits[one] for one in trait.sensitive if one in regime.traits]
    return f"{regime.code}: {articles[0]}" if articles else None


def off_by_profile(profile: Profile, trait: Trait) -> str | None:
    """Why a market never has a trait, whatever its data: its profile, its regime, its place on earth; or None."""
    if off := {trait.name, trait.group} & set(profile.traits.off):
        return f"traits.off names {off.pop()}"
    if article := forbidden(profile.privacy, trait):
        return f"forbidden by {article}"
    if trait.name == "season" and hemisphere(profile.market.country) is None:
        return "near the equator the months make no seasons"
    return None


# --- words ------------------------------------------------------------------------------------------------------------


def folded(text: str) -> str:
    """Words for comparing, single blanks between: lower case, without punctuation and the accents of Latin letters.

    >>> folded("  Médicaments/PHARMACIE "), folded("दवाइयाँ")
    ('medicaments pharmacie', 'दवाइयाँ')
    """
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(sign for sign in parts if not "\u0300" <= sign <= "\u036f")
    whole = unicodedata.normalize("NFC", bare)
    return " ".join("".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in whole).split())


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """By kind what finds its words in a folded text with a blank before and after."""
    return {
        kind: re.compile("|".join(sorted({_pattern(word) for words in languages.values() for word in words})))
        for kind, languages in _facts()["words"].items()
    }


def _pattern(word: str) -> str:
    bare = re.escape(folded(word))
    if _TOGETHER.search(word):
        return bare
    if _ARABIC.search(word):
        bare = _BEFORE + bare
    return f" {bare}" if word.endswith("*") else f" {bare} "


def kinds(text: str) -> tuple[str, ...]:
    """The kinds of protected things that a category's words tell of, in the order of regimes.yaml.

    >>> kinds("Apothekenprodukte"), kinds("医药保健"), kinds("Teen Bibles"), kinds("Toys")
    (('health',), ('health',), ('religion', 'minor'), ())
    """
    padded = f" {folded(text)} "
    return tuple(kind for kind, pattern in _patterns().items() if pattern.search(padded))


def refused(privacy: Privacy, *texts: str | None) -> str | None:
    """The kind for which a category, interest or answer makes no trait under a market's regime, or None.

    `own` where the profile's `privacy.protected_categories` names it.

    >>> refused(Privacy(regime="gdpr"), "Drogerie", "Schwangerschaft"), refused(Privacy(regime="my_pdpa"), "Teens")
    ('health', None)
    """
    given = [text for text in texts if text]
    own = {folded(one) for one in privacy.protected_categories}
    if any(folded(text) in own for text in given):
        return "own"
    products = regime_of(privacy).products
    return next((kind for text in given for kind in kinds(text) if kind in products), None)


# --- a profile --------------------------------------------------------------------------------------------------------

_TEXT = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r"[A-Za-z_]\w*")


def check_regime(profile: Profile) -> Iterator[Fault]:
    """A fault for each rule, dimension, audience, cluster or lifestyle that uses what the market's regime forbids.

    A ready-made dimension or audience, as base.yaml has it, is no fault: it is off where its traits are forbidden, and
    the manifest says so.
    """
    privacy = profile.privacy
    if privacy.regime not in regimes():
        known = ", ".join(regimes())
        hint = nearest(privacy.regime, regimes())
        yield Fault(("privacy", "regime"), "unknown regime", privacy.regime, f"one of {known}", hint)
    for path, named in _uses(profile):
        for name in dict.fromkeys(named):
            trait = CATALOGUE.get(name)
            article = None if trait is None else forbidden(privacy, trait)
            if trait is not None and article is not None:
                yield Fault(path, *_told(privacy, trait, article))
    for code, categories in profile.traits.lifestyles.items():
        for text in (code.replace("_", " "), *categories):
            if kind := refused(privacy, text):
                told = f"tells of what {privacy.regime} protects ({kind})"
                yield Fault(("traits", "lifestyles", code), told, text, "a lifestyle without it")


def _told(privacy: Privacy, trait: Trait, article: str) -> tuple[str, str, str, str]:
    expected = "another trait"
    if regime_of(privacy).consent:
        expected += ", or privacy.basis: consent where customers agreed to it"
    what = " and ".join(one for one in trait.sensitive if one in regime_of(privacy).traits)
    return f"uses {trait.name}, which the regime forbids", trait.name, expected, f"{article}, for {what}"


def _uses(profile: Profile) -> Iterator[tuple[Steps, list[str]]]:
    """Where the profile names traits, and which; not where it says what base.yaml says."""
    ready = _ready_made()
    for name, dimension in profile.dimensions.items():
        if ready["dimensions"].get(name) != dimension:
            yield from _of_dimension(dimension, ("dimensions", name))
    for name, audience in profile.audiences.items():
        if ready["audiences"].get(name) != audience:
            yield ("audiences", name, "when"), _names(audience.when)
            yield ("audiences", name, "covers"), list(audience.covers)
    if profile.clusters.on:
        yield ("clusters", "traits"), list(profile.clusters.traits)


def _of_dimension(dimension: Dimension, path: Steps) -> Iterator[tuple[Steps, list[str]]]:
    yield (*path, "covers"), list(dimension.covers)
    match dimension:
        case RulesDimension():
            for number, segment in enumerate(dimension.segments):
                yield (*path, "segments", number, "when"), _names(segment.when)
        case TiersDimension():
            yield (*path, "trait"), [dimension.trait]
            if dimension.fallback:
                yield (*path, "fallback", "trait"), [dimension.fallback.trait]
        case TraitDimension():
            yield (*path, "trait"), [dimension.trait]


@cache
def _ready_made() -> dict[str, dict[str, Any]]:
    """Dimensions and audiences of base.yaml by name."""
    node, _ = read_file(_BASE, "region_profiles/base.yaml")
    told: Any = plain(node)
    dimensions: TypeAdapter[Dimension] = TypeAdapter(Dimension)
    return {
        "dimensions": {name: dimensions.validate_python(one) for name, one in told["dimensions"].items()},
        "audiences": {name: Audience.model_validate(one) for name, one in told["audiences"].items()},
    }


def _names(rule: str) -> list[str]:
    """Words of a rule that are no text."""
    return _NAME.findall(_TEXT.sub(" ", rule))
