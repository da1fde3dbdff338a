"""Teams that a country's languages suggest, and what each would read: words, screens, Excel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel import localedata
from babel.core import get_global

from region_profiles.models import Profile
from tasks.errors import StrataError
from tasks.export.dialect import Dialect, excel_dialect
from tasks.export.labels import Labels
from tasks.export.locales import lineage
from tasks.localize import display_digits, formatter
from tasks.localize.data import SPOKEN
from tasks.reference.factors import local_currency
from tasks.reference.rates import last_ecb_day

#: An official language of so many percent of the people has a team of its own, if there are words for it.
_OWN_TEAM = 10
_DAY, _AMOUNT = date(2026, 12, 31), Decimal("12345.67")


@dataclass(frozen=True, slots=True)
class Team:
    """A team in one locale. `sure` is whether it is written as it stands, and not as a comment."""

    name: str
    locale: str
    percent: float
    sure: bool

    @property
    def dialect(self) -> Dialect:
        """How its Excel reads CSV."""
        return excel_dialect(self.locale)

    @property
    def translated(self) -> bool:
        """Whether a catalog has words in its language."""
        return Labels(self.locale).language in lineage(self.locale)

    def told(self, profile: Profile) -> Iterator[str]:
        """What the team would read."""
        labels, dialect = Labels(self.locale), self.dialect
        english = Labels("en")
        language = self.locale.removesuffix(f"-{profile.market.country}")
        share = f", which {self.percent:.0f} % speak" if self.percent else ""
        words = f"words of the catalog {labels.language}" if self.translated else "English words, for want of a catalog"
        yield f"{english.language_name(language)}{share}: {words}."
        its = formatter(self.locale)
        code = local_currency(profile.market.currencies, last_ecb_day())
        money = its.money(_AMOUNT, code, digits=display_digits(code))
        yield f"On screen {money} and {its.date(_DAY, 'medium')}" + (
            "." if its.calendar == "gregorian" else f" ({its.calendar})."
        )
        cells = f"In CSV for its Excel `{dialect.separator}` between cells, `{dialect.decimal}` before decimals"
        yield (
            f"{cells}, days as {dialect.date}"
            + "".join(f"; {note.removeprefix('dialect: ')}" for note in dialect.notes)
            + "."
        )
        yield from (f"{note.removeprefix('formats: ')}." for note in its.notes)


def main_teams(profile: Profile) -> tuple[Team, ...]:
    """The default team first, then one for each other language of the market that can be formatted."""
    country = profile.market.country
    (default,) = profile.teams
    first = Team(default.name, default.locales[0], _percent(country, default.locales[0]), sure=True)
    teams = {first.locale: first}
    for tag in profile.market.languages:
        locale = tag if tag.endswith(f"-{country}") else f"{tag}-{country}"
        if locale not in teams and _readable(locale):
            share, stem = _percent(country, locale), tag.lower().replace("-", "_")
            team = Team(f"{country.lower()}_team_{stem}", locale, share, sure=False)
            teams[locale] = Team(team.name, locale, share, sure=team.translated and share >= _OWN_TEAM)
    return tuple(teams.values())


def spoken_beside(profile: Profile) -> str:
    """Languages that at least a fifth of the people speak beside the market's, with their shares."""
    official = {tag.split("-")[0] for tag in profile.market.languages}
    told = {
        _called(tag): share
        for tag, share in _spoken(profile.market.country).items()
        if share >= SPOKEN and tag.split("_")[0] not in {*official, "und"}
    }
    return ", ".join(f"{language} {share:.0f} %" for language, share in sorted(told.items(), key=lambda one: -one[1]))


def _called(tag: str) -> str:
    """A language's English name: CLDR's, or that of ISO 639-3.

    >>> _called("pt_BR"), _called("apc")
    ('Brazilian Portuguese', 'Levantine Arabic')
    """
    import pycountry

    known = pycountry.languages.get(alpha_3=tag)
    told = Labels("en").language_name(tag.replace("_", "-"))
    return str(known.name) if told == tag and known else told


def _spoken(country: str) -> dict[str, float]:
    """language: percent of the people, as CLDR has it."""
    known = get_global("territory_languages").get(country, {})
    return {tag: float(one["population_percent"]) for tag, one in known.items()}


def _percent(country: str, locale: str) -> float:
    tag = locale.removesuffix(f"-{country}").replace("-", "_")
    return _spoken(country).get(tag) or _spoken(country).get(tag.split("_")[0], 0.0)


def _readable(locale: str) -> bool:
    if not localedata.exists(locale.split("-", maxsplit=1)[0]):
        return False
    try:
        formatter(locale), excel_dialect(locale)
    except StrataError:
        return False
    return True
