"""How a market writes numbers, dates and times."""

from __future__ import annotations

from datetime import date

from tasks.sample.spec import Numbers

#: CLDR's native digits, and the full-width forms of East Asian tills.
DIGITS = {"latn": "0123456789", "arab": "٠١٢٣٤٥٦٧٨٩", "fullwidth": "０１２３４５６７８９"}
#: First days of the Japanese eras that living customers were born in (facts of the National Diet Library).
ERAS = (
    (date(2019, 5, 1), "令和", "R"),
    (date(1989, 1, 8), "平成", "H"),
    (date(1926, 12, 25), "昭和", "S"),
)


def digits(text: str, system: str) -> str:
    """The text with its digits in another system.

    >>> digits("2024", "arab")
    '٢٠٢٤'
    """
    return text if system == "latn" else text.translate(str.maketrans(DIGITS["latn"], DIGITS[system]))


def grouped(whole: str, sign: str, sizes: tuple[int, int]) -> str:
    """Digits in groups: the last of `sizes[0]`, those before of `sizes[1]`.

    >>> grouped("1234567", ",", (3, 2))
    '12,34,567'
    """
    if not sign or len(whole) <= sizes[0]:
        return whole
    head, groups = whole[: -sizes[0]], [whole[-sizes[0] :]]
    while head:
        groups.insert(0, head[-sizes[1] :])
        head = head[: -sizes[1]]
    return sign.join(groups)


def number(smallest: int, decimals: int, style: Numbers, *, prefix: bool = True) -> str:
    """An amount given in smallest units.

    >>> number(-123456789, 2, Numbers(decimal=",", grouping="."))
    '-1.234.567,89'
    >>> number(-5, 2, Numbers(minus="()", prefix="$"))
    '($0.05)'
    """
    text = str(abs(smallest)).rjust(decimals + 1, "0")
    whole, fraction = (text[:-decimals], text[-decimals:]) if decimals else (text, "")
    text = grouped(whole, style.grouping, style.sizes) + (style.decimal + fraction if fraction else "")
    text = digits((style.prefix if prefix else "") + text, style.digits)
    if smallest >= 0:
        return text
    if style.minus == "()":
        return f"({text})"
    return f"{text}-" if style.minus == "trailing" else style.minus + text


def day(value: date, form: str, system: str = "latn") -> str:
    """A date by a strftime pattern, or `era` and `era_short` for Japanese years.

    `%-m` and `%-d` have no leading zero. Only numbers are written, so the machine's locale does not matter.

    >>> day(date(2024, 4, 1), "%Y年%-m月%-d日"), day(date(2024, 4, 1), "era"), day(date(1989, 1, 7), "era_short")
    ('2024年4月1日', '令和6年4月1日', 'S64.1.7')
    """
    if form in {"era", "era_short"}:
        first, name, letter = next(era for era in ERAS if value >= era[0])
        year = value.year - first.year + 1
        text = (
            f"{name}{year}年{value.month}月{value.day}日"
            if form == "era"
            else f"{letter}{year}.{value.month}.{value.day}"
        )
    else:
        text = form
        for code, part in (("%Y", f"{value.year:04}"), ("%y", f"{value.year % 100:02}"), ("%m", f"{value.month:02}"),
                           ("%d", f"{value.day:02}"), ("%-m", str(value.month)), ("%-d", str(value.day))):  # fmt: skip
            text = text.replace(code, part)
    return digits(text, system)


def time(second: int, form: str, system: str = "latn") -> str:
    """A time of day by `%H:%M`, `%H:%M:%S`, `%I:%M %p` and the like.

    >>> time(13 * 3600 + 5 * 60, "%I:%M %p")
    '01:05 PM'
    """
    hour, minute = second // 3600, second // 60 % 60
    text = form
    for code, part in (("%H", f"{hour:02}"), ("%I", f"{(hour - 1) % 12 + 1:02}"), ("%M", f"{minute:02}"),
                       ("%S", f"{second % 60:02}"), ("%p", "AM" if hour < 12 else "PM")):  # noqa: PLR2004  # fmt: skip
        text = text.replace(code, part)
    return digits(text, system)
