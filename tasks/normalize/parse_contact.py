"""Phones to E.164 with a state of certainty, and emails as far as syntax goes.

phonenumbers takes 23 s per million numbers, most of it to parse what needs no parsing: digits that cannot begin with an
own country code or a prefix for calls abroad are looked up directly in its metadata; the rest goes the long way.
"""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata
from phonenumbers.phonenumberutil import NumberParseException

_BLANKS = re.compile(r"[\s().\-/·]+")
#: Longest E.164 number, and the longest country code.
_LONGEST, _LONGEST_CODE = 15, 3
_KINDS = ("mobile", "fixed_line", "voip", "toll_free", "premium_rate", "shared_cost", "personal_number", "uan", "pager")

#: A mailbox, an @, a domain with a dot: what no provider would accept otherwise; deliverability is not asked.
EMAIL = r"[^\s@,;<>\"()\[\]\\:]+@([[:alnum:]\p{L}]([-[:alnum:]\p{L}]*[[:alnum:]\p{L}])?\.)+[[:alpha:]\p{L}]{2,}"


def phone(text: str, countries: str) -> str:
    """`valid:<E.164>`, `cannot_tell:` or `invalid:` of a number written in one of `countries` (ISO alpha-2, commas).

    Cannot tell: digits without + or trunk prefix that may begin with the country's own code, or not; or numbers of
    two of the countries.

    >>> phone("0151 23456789", "DE"), phone("+81 90-1234-5678", "DE"), phone("12", "DE")
    ('valid:+4915123456789', 'valid:+819012345678', 'invalid:')
    >>> phone("491512345678", "DE"), phone("1 202 456 1111", "US"), phone("0151 23456789", "JP,DE")
    ('cannot_tell:', 'valid:+12024561111', 'valid:+4915123456789')
    """
    plain = _BLANKS.sub("", text)
    digits = plain.lstrip("+")
    usual = digits.isascii() and digits.isdigit()
    answers = {
        (_quick(plain, country) if usual else None) or _thorough(text, country) for country in countries.split(",")
    }
    answers.discard("invalid:")
    if not answers:
        return "invalid:"
    return answers.pop() if len(answers) == 1 else "cannot_tell:"


def _quick(plain: str, country: str) -> str | None:
    """The answer where metadata gives it without parsing; None where only the library can tell."""
    if plain.startswith("+"):
        return _quick_international(plain[1:])
    metadata = _metadata(country)
    if metadata is None:
        return None
    code = str(metadata.country_code)
    abroad = metadata.international_prefix and re.match(metadata.international_prefix, plain)
    readings = _readings(plain, metadata)
    if abroad or plain.startswith(code) or readings is None:
        return None
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]  # of +1, +7, +358 and others several
    found = (n for n in readings if any(_is_number(n, region) for region in regions))
    return next((f"valid:+{code}{national}" for national in found), "invalid:")


def _quick_international(digits: str) -> str | None:
    if len(digits) > _LONGEST:
        return None
    for length in range(1, _LONGEST_CODE + 1):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0))
        metadata = _metadata(regions[0]) if regions else None
        if regions is None:
            continue
        readings = _readings(digits[length:], metadata) if metadata else None
        if readings is None:
            return None
        for national in readings:
            if any(_is_number(national, region) for region in regions):
                return f"valid:+{digits[:length]}{national}"
        return "invalid:"
    return None


def _readings(digits: str, metadata: PhoneMetadata) -> tuple[str, ...] | None:
    """The digits without a trunk prefix, and as they are; None where the prefix is to be rewritten."""
    prefix = metadata.national_prefix_for_parsing and re.match(metadata.national_prefix_for_parsing, digits)
    if not prefix or not prefix.end():
        return (digits,)
    rewritten = metadata.national_prefix_transform_rule and prefix.lastindex
    return None if rewritten else (digits[prefix.end() :], digits)


def _thorough(text: str, country: str) -> str:
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return "invalid:"
    if not phonenumbers.is_valid_number(number):
        return "invalid:"
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    digits = re.sub(r"\D", "", text)
    ambiguous = "+" not in text and f"+{digits}" != e164 and _has_own_code(digits, country)
    return "cannot_tell:" if ambiguous else f"valid:{e164}"


def _has_own_code(digits: str, country: str) -> bool:
    """Could the digits begin with the country's own code? Where trunk prefixes are usual, the length decides."""
    code = str(phonenumbers.country_code_for_region(country))
    if not digits.startswith(code):
        return False
    metadata = _metadata(country)
    trunk = metadata is not None and bool(metadata.national_prefix)
    possible = phonenumbers.is_possible_number_string(f"+{digits}", country)
    return _is_number(digits[len(code) :], country) or (trunk and bool(possible))


@cache
def _metadata(country: str) -> PhoneMetadata | None:
    return PhoneMetadata.metadata_for_region(country.upper(), None)


@cache
def _pattern(country: str) -> re.Pattern[str] | None:
    """What any kind of number of the country looks like, without its code."""
    metadata = _metadata(country)
    if metadata is None:
        return None
    patterns = [getattr(metadata, kind) and getattr(metadata, kind).national_number_pattern for kind in _KINDS]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns if pattern) or "(?!)")


def _is_number(national: str, country: str) -> bool:
    pattern = _pattern(country)
    return pattern is not None and pattern.fullmatch(national) is not None
