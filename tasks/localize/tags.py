"""What is likely left out of a locale's tag (UTS 35, 'Likely Subtags')."""

from __future__ import annotations

import re

from babel.core import get_global, parse_locale

#: Extensions ask for digits, calendars and the like; the formatter has arguments for them.
_EXTENSION = re.compile(r"(?i)-[a-wyz]-.*|-x-.*")


def subtags(tag: str) -> tuple[str, str, str]:
    """Language, script and territory with what is likely filled in (UTS 35, 'Likely Subtags'); empty if unknown.

    >>> subtags("zh-TW"), subtags("xx")
    (('zh', 'Hant', 'TW'), ('', '', ''))
    """
    try:
        language, territory, script = parse_locale(_EXTENSION.sub("", tag.replace("_", "-")), sep="-")[:3]
    except ValueError:
        return ("", "", "")
    likely = get_global("likely_subtags")
    if alias := get_global("language_aliases").get(language):
        language, _, its_script = parse_locale(alias)[:3]
        script = script or its_script
    for key in ((language, script, territory), (language, territory), (language, script), (language,)):
        name = "_".join(part for part in key if part)
        if name in likely:
            _, its_territory, its_script = parse_locale(likely[name])[:3]
            return (language, script or str(its_script), territory or str(its_territory))
    return ("", "", "")
