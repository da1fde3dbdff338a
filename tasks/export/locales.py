"""Locale tags: their likely subtags and the chain of locales they inherit from, by CLDR."""

from __future__ import annotations

from dataclasses import dataclass

from babel import Locale, localedata
from babel.core import get_global, parse_locale

from tasks.errors import ProfileError


@dataclass(frozen=True, slots=True)
class Subtags:
    """A locale with its likely script and territory filled in."""

    language: str
    script: str
    territory: str

    def __str__(self) -> str:
        return f"{self.language}-{self.script}-{self.territory}"


def subtags(tag: str) -> Subtags:
    """Likely subtags of a BCP 47 tag (UTS 35, 'Likely Subtags'). Raises ProfileError if CLDR lacks the language.

    >>> str(subtags("zh-TW")), str(subtags("de")), str(subtags("en-NG"))
    ('zh-Hant-TW', 'de-Latn-DE', 'en-Latn-NG')
    """
    try:
        language, territory, script = parse_locale(tag, sep="-")[:3]
    except ValueError:
        language, territory, script = "", None, None
    likely = get_global("likely_subtags")
    for key in ((language, script, territory), (language, territory), (language, script), (language,)):
        name = "_".join(part for part in key if part)
        if name in likely:
            _, its_territory, its_script = parse_locale(likely[name])[:3]
            return Subtags(language, script or str(its_script), territory or str(its_territory))
    raise ProfileError(
        f"locale {tag} is not known to CLDR",
        path="teams.locales",
        value=tag,
        expected="a BCP 47 tag such as de-CH or zh-CN",
    )


#: Scripts of living languages that are written from right to left (Unicode, UAX 9 and ScriptExtensions).
_RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"})


def right_to_left(tag: str) -> bool:
    """Whether a locale is read from right to left: by its script, which a tag may name against its language's own.

    >>> right_to_left("ar-AE"), right_to_left("en-AE"), right_to_left("pa-Arab-PK"), right_to_left("pa-IN")
    (True, False, True, False)
    """
    return subtags(tag).script in _RIGHT_TO_LEFT


def lineage(tag: str) -> tuple[str, ...]:
    """The tag and what it inherits from, nearest first: a script that is not the language's own ends the line.

    >>> lineage("de-AT")
    ('de-Latn-AT', 'de-AT', 'de-Latn', 'de')
    >>> lineage("zh-CN")
    ('zh-Hans-CN', 'zh-CN', 'zh-Hans', 'zh')
    >>> lineage("zh-TW")
    ('zh-Hant-TW', 'zh-TW', 'zh-Hant')
    >>> lineage("es-MX"), lineage("pt-AO")
    (('es-Latn-MX', 'es-MX', 'es-419', 'es-Latn', 'es'), ('pt-Latn-AO', 'pt-AO', 'pt-PT', 'pt-Latn', 'pt'))
    >>> lineage("nb-NO")[-1]
    'no'
    """
    full = subtags(tag)
    names = [str(full)]
    if subtags(f"{full.language}-{full.territory}").script == full.script:
        names.append(f"{full.language}-{full.territory}")
    names += _parents(f"{full.language}_{full.territory}", f"{full.language}_{full.script}_{full.territory}")
    names.append(f"{full.language}-{full.script}")
    if subtags(full.language).script == full.script:
        names.append(full.language)
        names += _parents(full.language)
    return tuple(name for name in dict.fromkeys(names) if name not in {"root", "und"})


def _parents(*tags: str) -> list[str]:
    """The parents that CLDR names because they are not what truncation gives, nearest first."""
    parents = get_global("parent_exceptions")
    found = []
    for tag in tags:
        parent = parents.get(tag)
        while parent:
            found.append(parent.replace("_", "-"))
            parent = parents.get(parent)
    return found


def cldr(tag: str) -> Locale:
    """CLDR's data of a tag, or of the nearest it inherits from; only for look-ups, never for formatting.

    Babel's formatting depends on which locale ran before (its issue 1234); plain names and signs do not.

    >>> cldr("zh-CN").territories["DE"]
    '德国'
    """
    for name in lineage(tag):
        if localedata.exists(name.replace("-", "_")):
            return Locale.parse(name, sep="-")
    return Locale("en")
