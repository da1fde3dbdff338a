"""The script of a sign, and the languages of Han signs, which need no statistics."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

#: Signs of Chinese sentences that Japanese words lack: I, you, they, this, which, question and mood, please, thanks.
_CHINESE = frozenset("我你您她们們这這哪吗嗎吧呢啊很没沒请請谢謝买買卖賣给給还還么麼嘅係唔咗喺冇")
#: Hiragana that a Japanese text has, in signs and as a share of Han signs and kana: brands alone are in katakana.
_FEWEST_KANA = 2
_KANA_SHARE = 0.1
#: Share of the signs that are only simplified or only traditional, from which the text is in that script.
_ONE_SCRIPT = 0.8


class _Scripts(dict[str, str]):
    """The script of a letter, by the first word of its Unicode name; '' of any other sign."""

    def __missing__(self, sign: str) -> str:
        script = unicodedata.name(sign, "").split(" ")[0].split("-")[0] if sign.isalpha() else ""
        self[sign] = script
        return script


#: The script of each sign, found once.
SCRIPT = _Scripts()


def japanese_or_chinese(text: str, scripts: Mapping[str, int]) -> str | None:
    """Grammar is written in hiragana in Japanese; Han signs alone are Chinese where its own small words are there."""
    han, hiragana = scripts.get("CJK", 0), scripts.get("HIRAGANA", 0)
    kana = hiragana + scripts.get("KATAKANA", 0)
    if hiragana >= _FEWEST_KANA and kana >= _KANA_SHARE * (han + kana):
        return "ja"
    if kana > _KANA_SHARE * (han + kana) or not any(map(_is_chinese, text)):
        return None
    simplified = sum(map(_only_in("gb2312", "big5"), text))
    traditional = sum(map(_only_in("big5", "gb2312"), text))
    if simplified + traditional:
        if simplified >= _ONE_SCRIPT * (simplified + traditional):
            return "zh-Hans"
        if traditional >= _ONE_SCRIPT * (simplified + traditional):
            return "zh-Hant"
    return "zh"


@cache
def _is_chinese(sign: str) -> bool:
    """Whether a sign is in Chinese sentences alone; simplified ones often are not in Japan's code page at all."""
    return SCRIPT[sign] == "CJK" and (sign in _CHINESE or not _encodes(sign, "cp932"))


@cache
def _only_in(one: str, other: str) -> Callable[[str], bool]:
    """Whether a Han sign is in one of China's and Taiwan's old code pages and not in the other."""

    @cache
    def only(sign: str) -> bool:
        return SCRIPT[sign] == "CJK" and _encodes(sign, one) and not _encodes(sign, other)

    return only


def _encodes(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
