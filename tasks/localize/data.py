"""CLDR's facts of a locale: which data a tag stands for, and what they say.

All facts come from `cldr/cldr-47.json`, the release of Babel 2.18. Babel gives likely subtags, aliases of languages
and plural rules, which have no aliases inside; its locale data is not read, because a look-up there writes a
resolved alias into data shared with root, so that what it says depends on which locale ran before (its issue 1234).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from babel.core import get_global

from tasks.errors import Terminal
from tasks.localize.tags import subtags

#: A language spoken by this share of a territory (percent) is one of its main ones, even where no law says so.
SPOKEN = 20
_OFFICIAL = frozenset({"official", "de_facto_official"})


@cache
def cldr() -> Mapping[str, Any]:
    """The distilled file as it is."""
    file = resources.files("tasks.localize.cldr") / "cldr-47.json"
    return MappingProxyType(json.loads(file.read_text(encoding="utf-8")))


@cache
def facts(name: str) -> Mapping[str, Any]:
    r"""Everything that CLDR says of a locale that has data (`resolve`), its parents' facts included.

    >>> facts("de-AT")["latn.group"], facts("de-AT")["latn.money_group"], facts("de-AT")["latn.decimal"]
    ('\xa0', '.', ',')
    """
    own = dict(cldr()["locales"][name])
    parent = own.pop("parent")
    whole = {} if parent == name else dict(facts(parent))
    return MappingProxyType({key: value for key, value in (whole | own).items() if value is not None})


@cache
def resolve(tag: str) -> str:
    """The locale whose data serve a BCP 47 tag: itself or the nearest it inherits from, never root.

    Where CLDR has no months' names of a language in some script (Azerbaijani in the Arabic one), the language's main
    script serves, as in ICU: nobody reads '22 M11'.

    Raises:
        Terminal: if the tag is none, or CLDR has no data of its language; with the nearest tags.

    >>> resolve("de-DE"), resolve("zh_TW"), resolve("sr-ME"), resolve("en-BG"), resolve("iw")
    ('de', 'zh-Hant', 'sr-Latn-ME', 'en', 'he')
    >>> resolve("az-Arab-IR"), resolve("pa-Arab-PK"), resolve("dv-MV")
    ('az', 'pa-Arab', 'dv')
    """
    known = cldr()["locales"]
    found = next((name for name in _candidates(tag) if name in known), None)
    if found:
        main = subtags(tag)[0]
        return main if not named(found) and main in known and named(main) else found
    language = tag.replace("_", "-").split("-")[0].lower()
    if language != "und" and language in get_global("likely_subtags"):
        raise Terminal(
            f"CLDR 47 has no data to format {language}",
            value=tag,
            expected="a language that CLDR describes",
            hint="name the language that the team reads besides, for instance the territory's official one",
        )
    close = get_close_matches(tag.replace("_", "-"), main_locales(), n=3, cutoff=0.5)
    raise Terminal(
        "unknown locale",
        value=tag,
        expected="a BCP 47 tag such as de-CH or zh-Hant-HK",
        hint=f"did you mean {' or '.join(close)}?" if close else "see tasks.localize.main_locales()",
    )


def named(name: str) -> bool:
    """Whether CLDR has names of the months of a locale that has data.

    >>> named("sw"), named("dv")
    (True, False)
    """
    return bool(facts(name)["months.wide"] != facts("und")["months.wide"])


def _candidates(tag: str) -> tuple[str, ...]:
    """Names under which a tag's data may stand, nearest first; without the script only where it goes without saying."""
    language, script, territory = subtags(tag)
    if language in {"", "und"}:
        return ()
    names = [f"{language}-{script}-{territory}"]
    if subtags(f"{language}-{territory}")[1] == script:
        names.append(f"{language}-{territory}")
    names.append(f"{language}-{script}")
    if subtags(language)[1] == script:
        names.append(language)
    return tuple(names)


def territory(name: str) -> str:
    """The territory of a locale that has data, the likely one where it names none.

    >>> territory("fa"), territory("fa-AF")
    ('IR', 'AF')
    """
    return subtags(name)[2]


@cache
def main_locales() -> tuple[str, ...]:
    """The main locales of the world's territories: official languages, and those that a fifth of the people speak.

    390 of them have CLDR data of their own; ICU has 378.

    >>> len(main_locales()), "de-CH" in main_locales(), "tr-DE" in main_locales()
    (390, True, False)
    """
    from babel import localedata

    def own(language: str, territory: str) -> str | None:
        plain = f"{language}_{territory}"
        script = get_global("likely_subtags").get(language.split("_", maxsplit=1)[0], "__").split("_")[1]
        named = (plain, get_global("likely_subtags").get(plain, ""), f"{language}_{script}_{territory}")
        return next((name for name in named if localedata.exists(name)), None)

    found = {
        own(language, territory)
        for territory, languages in get_global("territory_languages").items()
        for language, facts_of in languages.items()
        if facts_of.get("official_status") in _OFFICIAL or facts_of["population_percent"] >= SPOKEN
    }
    return tuple(sorted(name.replace("_", "-") for name in found if name))
