"""Numbers, money, days, times and lists as each locale writes them: whole columns at a time, judged by ICU."""

from tasks.localize.data import main_locales
from tasks.localize.digits import display_digits
from tasks.localize.formatter import Formatter, formatter

__all__ = ["Formatter", "display_digits", "formatter", "main_locales"]
