"""Phones to E.164 with a state of certainty, and emails as far as syntax goes.

phonenumbers takes 23 s per million numbers, most of it to parse what needs no parsing: a number that begins with its
country code or trunk prefix is looked up directly in the same metadata, and only the rest goes the long way.
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
_KINDS = ("fixed_line", "mobile", "voip", "toll_free", "premium_rate", "shared_cost", "personal_number", "uan", "pager")

#: A mailbox, an @, a domain with a dot: what no provider would accept otherwise; deliverability is not asked.
EMAIL = r"[^\s@,;<>\"()\[\]\\:]+@([[:alnum:]\p{L}]([-[:alnum:]\p{L}]*[[:alnum:]\p{L}])?\.)+[[:alpha:]\p{L}]{2,}"


def phone(text: str, country: str) -> str:
    """`valid:<E.164>`, `cannot_tell:` or `invalid:` of a number written in `country` (ISO alpha-2).

    Cannot tell: digits without + or trunk prefix that may begin with the country's own code, or not.

    >>> phone("0151 23456789", "DE"), phone("+81 90-1234-5678", "DE"), phone("12", "DE")
    ('valid:+4915123456789', 'valid:+819012345678', 'invalid:')
    >>> phone("491512345678", "DE"), phone("1 202 456 1111", "US")
    ('cannot_tell:', 'valid:+12024561111')
    """
    plain = _BLANKS.sub("", text)
    quick = _quick(plain, country) if plain.lstrip("+").isascii() and plain.lstrip("+").isdigit() else None
    return quick or _thorough(text, country)


def _quick(plain: str, country: str) -> str | None:
    """The answer for numbers that metadata says at once are valid; None for all others."""
    if plain.startswith("+"):
        for length in range(1, _LONGEST_CODE + 1):
            regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(plain[1 : 1 + length] or 0))
            if regions:
                national = plain[1 + length :]
                found = len(plain) <= _LONGEST + 1 and any(_is_number(national, region) for region in regions)
                return f"valid:{plain}" if found else None
        return None
    metadata = _metadata(country)
    if metadata is None or not metadata.national_prefix or metadata.national_prefix_transform_rule:
        return None
    prefix = metadata.national_prefix
    national = plain[len(prefix) :]
    if prefix == "0" and plain.startswith("0") and not plain.startswith("00") and _is_number(national, country):
        return f"valid:+{metadata.country_code}{national}"
    return None


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
    """Could the digits begin with the country's own code? Where a trunk prefix is usual, a possible length is enough."""
    code = str(phonenumbers.country_code_for_region(country))
    if not digits.startswith(code):
        return False
    metadata = _metadata(country)
    trunk = metadata is not None and bool(metadata.national_prefix)
    possible = phonenumbers.is_possible_number_string(f"+{digits}", None)
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
