"""A market's calendar: holidays, shopping moments, what is near, and the window of last year to compare with."""

from tasks.culture.calendar.alignment import Alignment, aligned
from tasks.culture.calendar.feasts import Holiday, holidays_between, why_none, workdays_between
from tasks.culture.calendar.moments import Moment, moments_between
from tasks.culture.calendar.nearby import Near, near

__all__ = [
    "Alignment",
    "Holiday",
    "Moment",
    "Near",
    "aligned",
    "holidays_between",
    "moments_between",
    "near",
    "why_none",
    "workdays_between",
]
