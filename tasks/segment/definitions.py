"""What a dimension means in a market: two markets are compared where this is equal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from region_profiles.models import Profile, RulesDimension, TiersDimension, TraitDimension
from tasks.catalogue import TRAITS, of_group
from tasks.memo import digest_of

#: The whole market: what its totals count.
MARKET = "market"
STRATUM = "stratum"
Definition = Mapping[str, Any]

_SCORES = {"r_score": "recency", "f_score": "frequency", "m_score": "monetary"}
_WORD = re.compile(r"[a-z_][a-z_0-9]*")
#: Settings that say what traits mean whose name holds the word.
_SETTINGS = {"channel": ("remote_channels",), "lifestyle": ("lifestyles", "lifestyle_questions"),
             "postcode": ("postcode_signs",)}  # fmt: skip
#: Traits whose codes are made from the customers of one market.
_OF_ONE_MARKET = frozenset(trait.name for trait in of_group("cluster"))
#: Money in the local currency. A comparison with nothing says the same in every currency.
_LOCAL = tuple(trait.name for trait in TRAITS if trait.unit.startswith("local currency"))
_WITH_NOTHING = re.compile(rf"\b(?:{'|'.join(_LOCAL)})\s*(?:<=|>=|<>|!=|<|>|=)\s*0+(?:\.0*)?(?![\d.])")


def definitions(profile: Profile) -> dict[str, Definition]:
    """By dimension, `stratum` and `market`: everything in the profile that decides what its figures mean.

    The window, the price levels and the reporting currency always, for segments are compared by their money, too;
    scores, settings of traits and the local currency where the dimension uses them. Values are as JSON has them,
    decimals without trailing zeros.

    What is made from one market's own data alone (clusters, the most frequent values of a trait) names the market and
    so is like no other's.
    """
    found = {name: _of(profile, name) for name in profile.dimensions}
    found[MARKET] = _plain(_base(profile))
    parts = {name: found[name] for name in profile.stratum.dimensions if name in found}
    found[STRATUM] = _plain({**profile.stratum.model_dump(by_alias=True), "of": parts})
    return found


def digest(definition: Definition) -> str:
    """sha256 of a definition.

    >>> digest({"window": 24}) == digest({"window": 24}) != digest({"window": 12})
    True
    """
    return digest_of(definition)


def differences(one: Definition, other: Definition) -> tuple[str, ...]:
    """Names of the parts in which two definitions differ, sorted.

    >>> differences({"window": 24, "borders": ["200"]}, {"window": 24, "borders": ["150"], "market": "BR"})
    ('borders', 'market')
    """
    nothing = object()
    return tuple(sorted(name for name in {*one, *other} if one.get(name, nothing) != other.get(name, nothing)))


def _of(profile: Profile, name: str) -> Definition:
    dimension = profile.dimensions[name]
    found: dict[str, Any] = {**dimension.model_dump(by_alias=True), **_base(profile)}
    if isinstance(dimension, TraitDimension) and (dimension.most is not None or dimension.trait in _OF_ONE_MARKET):
        found["market"] = profile.market.country
    texts = [one.when for one in dimension.segments] if isinstance(dimension, RulesDimension) else []
    used = {word for text in texts for word in _WORD.findall(text.lower())} | {str(getattr(dimension, "trait", ""))}
    scores = [score for score in _SCORES if score in used]
    if scores:
        found["scores"] = {score: getattr(profile.traits.scores, _SCORES[score]).model_dump() for score in scores}
        if "m_score" in scores:
            found["scores"]["lens"] = profile.traits.scores.monetary_lens
    for word, names in _SETTINGS.items():
        if any(word in one for one in used):
            found |= {name: getattr(profile.traits, name) for name in names}
    if _in_local_money(dimension, texts):
        found["currency"] = profile.market.currencies[-1].code
    return _plain(found)


def _base(profile: Profile) -> dict[str, Any]:
    """What every figure rests on: the period it counts, and the money in which markets are added up."""
    money = profile.money
    return {
        "window": profile.traits.window,
        "ppp": money.ppp.model_dump(),
        "reporting_currency": money.reporting_currency,
    }


def _in_local_money(dimension: Any, texts: list[str]) -> bool:
    """Whether a sum of local money decides: ranks and comparisons with nothing are the same in every currency."""
    if isinstance(dimension, TiersDimension):
        return dimension.trait in _LOCAL and bool(dimension.borders)
    rest = [_WITH_NOTHING.sub("", text.lower()) for text in texts]
    return any(name in _WORD.findall(text) for text in rest for name in _LOCAL)


def _plain(value: Mapping[str, Any]) -> Definition:
    plain: Definition = json.loads(json.dumps(value, default=lambda one: f"{one.normalize():f}", sort_keys=True))
    return plain
