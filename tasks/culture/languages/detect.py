"""The language in which somebody writes, or None: no answer is better than a wrong one.

The script decides first: Hangul is Korean, Thai is Thai. Where a script has several languages, their alphabets and
py3langid's statistics (a byte n-gram model, offline) must agree. In Latin script any language may be spelled, Arabic as
Arabizi and Hindi as Hinglish, of which the statistics know nothing: an answer needs the language's own function words,
and no more than a stray one of a romanized language. How well that goes: region_profiles/culture/README.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from tasks.culture.languages.regions import rows
from tasks.culture.languages.scripts import SCRIPT, japanese_or_chinese


class Bounds(NamedTuple):
    """Below which there is no answer, and what the market makes likelier."""

    letters: int = 16
    """What the letters of a text must weigh: see _WEIGHTS."""
    confidence: float = 0.9
    """Between 0 and 1: how likely a language is beside all others."""
    expected: tuple[str, ...] = ()
    """Languages of the market: believed sooner, see _EXPECTED."""


#: What a letter says. Vowels stand as signs beside the letters, or not at all, in the scripts without a number here; a
#: Han sign, kana or Hangul syllable says about as much as three letters.
_WEIGHTS = {"LATIN": 1, "CYRILLIC": 1, "GREEK": 1, "ARMENIAN": 1, "GEORGIAN": 1}
_WEIGHTS |= {"CJK": 3, "HIRAGANA": 3, "KATAKANA": 3, "HANGUL": 3}
_OTHER_WEIGHT = 2
#: Brands and sizes stand in Latin letters within any script; the other way round a Greek word in English is rare.
_SHARE, _LATIN_SHARE = 0.6, 0.95
_ALPHABET_SHARE = 0.95
#: Each word of a language (a function word, or one with letters beyond a to z that are all the language's own) makes
#: it this many times likelier. An answer needs so many different ones, and so many of all words.
_FACTOR, _FEWEST, _WORD_SHARE = 4.0, 2, 0.2
#: A language of the market is this many times likelier once it is the likeliest: that of two words.
_EXPECTED = _FACTOR**2
#: Likelihood of a romanized language before a word is seen: of a hundred short texts in Latin letters, some.
_ROMANIZED = 0.02
#: What the statistics alone must give an answer; less in a script whose languages the alphabets have told apart.
_STATISTICS, _SPELLED_STATISTICS = 0.3, 0.05
#: Words of one other language, beside a hundred of its own, at which an answer is a mixture; of a romanized one.
_MIXED, _MIXED_ROMANIZED = 0.4, 0.15
#: py3langid's labels for what BCP 47 knows under another name, or teams under the wider one.
_LABELS = {"no": "nb", "nn": "nb", "tl": "fil", "arz": "ar", "ary": "ar"}
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)*")
#: Arabizi writes ع ح ء خ ق with 3 7 2 5 9 within words; sizes (2xl), ordinals (3rd) and models (iphone6s) are others.
_DIGIT_LETTER = re.compile(r"[a-z]+[2356789][a-z]+|[23579][a-z]{3,}")
_POINTS = ".,!?;:()[]\"'“”«»…।؟،؛-"
_BOUNDS = Bounds()


def detect(text: str, bounds: Bounds = _BOUNDS) -> str | None:
    """BCP 47 language of a text, or None below the bounds, for mixtures and for romanized text.

    >>> detect("Vielen Dank für die schnelle Lieferung!"), detect("ご注文の商品はいつ届きますか")
    ('de', 'ja')
    >>> detect("ana 3ayez a3raf el order hayewsal emta"), detect("ok thx")
    (None, None)
    """
    text = _NOISE.sub(" ", unicodedata.normalize("NFKC", text)).lower().replace("i\u0307", "i")  # of İ
    scripts = Counter(map(SCRIPT.__getitem__, text))
    del scripts[""]
    weights = {script: count * _WEIGHTS.get(script, _OTHER_WEIGHT) for script, count in scripts.items()}
    total = sum(weights.values())
    if total < bounds.letters:
        return None
    if weights.get("LATIN", 0) >= _LATIN_SHARE * total:
        return _latin(text, bounds)
    asian = sum(weights.get(script, 0) for script in ("CJK", "HIRAGANA", "KATAKANA"))
    if asian >= _SHARE * total:
        return japanese_or_chinese(text, scripts)
    script = max(weights, key=lambda one: (weights[one], one))
    if script == "LATIN" or weights[script] < _SHARE * total:
        return None
    return _of_script(text, script, bounds)


class _Alphabet(NamedTuple):
    """Letters of a language in a script (in Latin those beyond a to z), and `marks`: of which any text has one."""

    letters: frozenset[str]
    marks: frozenset[str]


@cache
def _alphabets() -> Mapping[str, Mapping[str, _Alphabet]]:
    """script: {language: its letters}; no letters where the script has one language."""
    scripts: dict[str, dict[str, _Alphabet]] = {}
    for row in rows("languages_alphabets.csv"):
        alphabet = _Alphabet(frozenset(row["letters"]), frozenset(row["marks"]))
        scripts.setdefault(row["script"], {})[row["language"]] = alphabet
    return scripts


def _of_script(text: str, script: str, bounds: Bounds) -> str | None:
    """Alphabets first, then words and statistics among the languages that are left."""
    languages = _alphabets().get(script, {})
    if len(languages) == 1:
        return next(iter(languages))
    letters = [sign for sign in text if SCRIPT[sign] == script]
    used = set(letters)
    spelled = {
        language
        for language, (alphabet, marks) in languages.items()
        if sum(sign in alphabet for sign in letters) >= _ALPHABET_SHARE * len(letters) and (not marks or marks & used)
    }
    found = _found([word.strip(_POINTS) for word in text.split()])
    likely = _statistics(text)
    best = _likeliest({one: likely.get(one, 0.0) for one in spelled}, found, bounds)
    return best if best and likely.get(best, 0.0) >= _SPELLED_STATISTICS else None


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    """word: languages whose function word it is; `-Latn` marks a language that is not written so."""
    languages: dict[str, list[str]] = {}
    for row in rows("languages_words.csv"):
        for word in dict.fromkeys(row["words"].split()):
            languages.setdefault(word, []).append(row["language"])
    return {word: tuple(of) for word, of in languages.items()}


@cache
def _spelled_with(signs: frozenset[str]) -> tuple[str, ...]:
    """Languages in Latin script whose letters beyond a to z these all are."""
    return tuple(language for language, one in _alphabets()["LATIN"].items() if signs <= one.letters)


def _found(words: list[str]) -> dict[str, list[str]]:
    """language: the words that are of it."""
    found: dict[str, list[str]] = {}
    for word in words:
        signs = frozenset() if word.isascii() else frozenset(s for s in word if s > "z" and SCRIPT[s] == "LATIN")
        of = set(_words().get(word, ())) | set(_spelled_with(signs) if signs else ())
        for language in of:
            found.setdefault(language, []).append(word)
    return found


def _likeliest(likely: Mapping[str, float], found: Mapping[str, list[str]], bounds: Bounds) -> str | None:
    """The language of most weight, if it is as likely as the bounds ask; the market's own once more, but never another.

    Norwegian is not taken for Danish because the market is Denmark: there, Danish is only believed sooner.
    """
    weights = {language: share * _FACTOR ** len(found.get(language, ())) for language, share in likely.items()}
    best = max(weights, key=lambda language: (weights[language], language), default=None)
    if best is None:
        return None
    rest = sum(weights.values()) - weights[best]
    mine = weights[best] * (_EXPECTED if best in bounds.expected else 1)
    return best if mine >= bounds.confidence * (mine + rest) else None


def _latin(text: str, bounds: Bounds) -> str | None:
    words = _WORD.findall(text.replace("’", "'"))
    found = _found(words)
    if arabizi := [word for word in words if _DIGIT_LETTER.fullmatch(word)]:
        found["ar-Latn"] = found.get("ar-Latn", []) + arabizi
    if not any(len(set(own)) >= _FEWEST for language, own in found.items() if not language.endswith("-Latn")):
        return None
    statistics = _statistics(" ".join(words))
    likely = statistics | {language: _ROMANIZED for language in found if language.endswith("-Latn")}
    best = _likeliest(likely, found, bounds)
    if best is None:
        return None
    own = found.get(best, [])
    if statistics.get(best, 0.0) < _STATISTICS or len(set(own)) < _FEWEST or len(own) < _WORD_SHARE * len(words):
        return None
    return None if _is_mixed(found, set(own), len(own)) else best


def _is_mixed(found: Mapping[str, list[str]], mine: set[str], count: int) -> bool:
    """Whether another language has too many words that are not `mine`: mixed messages, Hinglish with English in it.

    Of a romanized language those alone count that no language in Latin script has: `de` and `to` are everywhere.
    """
    for language, theirs in found.items():
        romanized = language.endswith("-Latn")
        others = sum(word not in mine and not (romanized and _is_native(word)) for word in theirs)
        if others and others >= (_MIXED_ROMANIZED if romanized else _MIXED) * count:
            return True
    return False


@cache
def _is_native(word: str) -> bool:
    return not all(language.endswith("-Latn") for language in _words().get(word, ()))


def _statistics(text: str) -> dict[str, float]:
    """py3langid's likelihood of each language."""
    likely: dict[str, float] = {}
    for label, share in _model().rank(text):
        language = _LABELS.get(label, label)
        likely[language] = likely.get(language, 0.0) + share
    return likely


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
