"""What the sheets of a reader's workbook show: segments of persons and of accounts, audiences, contacts by role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import get_args

from region_profiles.models import Population
from region_profiles.playbook_models import AUDIENCE
from tasks.export import audiences, roles
from tasks.export.base import BASE, LISTED
from tasks.export.customers import column_heading
from tasks.export.job import Job, Reader
from tasks.export.labels import Labels
from tasks.export.workbook.fields import Field, role_fields, sheet_columns, sheet_fields
from tasks.export.workbook.sheets import Part, leading_dimension, segment_counts
from tasks.export.workbook.texts import NAME, shortened, units
from tasks.sql import literal, name

Sheet = tuple[Part, tuple[Field, ...]]


def of_whom(labels: Labels, title: str, population: Population) -> tuple[str, str]:
    """A title that says of whom, for a segment that is called as one of others; and what its sheet is called.

    A sheet has little room: of an account's the shorter word for one stands there.

    >>> of_whom(Labels("en-GB"), "Need attention", "account")
    ('Need attention (Business account)', 'Need attention (Company)')
    """
    detail = labels.text("type", population)
    short = min((detail, labels.text("field", "company")), key=units) if population == "account" else detail

    def told(text: str, said: str) -> str:
        return labels.text("template", "detail", text=text, detail=said)

    return told(title, detail), told(shortened(title, NAME - units(told("", short))), short)


@dataclass(frozen=True)
class Parts:
    """The sheets of one reader's workbook, with their columns; `columns` are those of the reader's list."""

    job: Job
    locale: str
    labels: Labels
    reader: Reader
    columns: tuple[str, ...]

    def segments(self) -> Iterator[Sheet]:
        """A sheet for each segment of the leading dimension of persons, and of that of accounts."""
        job, labels, taken = self.job, self.labels, set[str]()
        for dimension, population, sizes in self._leading:
            fields = self._fields(population, dimension)
            titles = labels.segments(job.profile, dimension, sizes)
            capped = partial(self._capped, "capped_expected" if self._expected(population) else "capped")
            for segment, size in sizes.items():
                goal = audiences.goal(job.profile, labels, dimension, segment)
                where = f"{name(f'segment_{dimension}')} = {literal(segment)} AND {LISTED}"
                title, sheet = titles[segment], ""
                if title.casefold() in taken:
                    title, sheet = of_whom(labels, title, population)
                yield Part(title, size, capped, tuple(filter(None, [goal])), where=where, name=sheet), fields
            taken |= {title.casefold() for title in titles.values()}

    def audiences(self) -> Iterator[Sheet]:
        """A sheet for each audience with customers, those it keeps out as holdout last."""
        job, labels = self.job, self.labels
        fields_of = cache(self._fields)
        for audience, (size, held) in job.base.audiences.items():
            file = f"{job.stem}_{self.locale}_audience_{audience}{self.reader.suffix}.csv"
            csv = "csv" in job.profile.exports.formats
            notes = [audiences.meaning(labels, audience), audiences.goal(job.profile, labels, AUDIENCE, audience)]
            if held:
                notes.append(labels.count("workbook", "holdout_last", held))
            part = Part(
                audiences.name(labels, audience),
                size,
                partial(self._capped, "audience_capped", file=file) if csv else partial(self._capped, "capped"),
                tuple(filter(None, notes)),
                audiences.source(audience),
                "true",
                audiences.ORDER,
                "figures",
            )
            yield part, fields_of(job.profile.audiences[audience].population)

    def contacts(self) -> Iterator[Sheet]:
        """Contacts of accounts, where there are any."""
        job, labels = self.job, self.labels
        size = job.base.rows - job.base.listed
        if not size:
            return
        columns = roles.columns(job.profile, self.reader.grants, job.base.extra)
        fields = role_fields(job.con, job.profile, columns, job.base, labels)
        part = Part(
            labels.text("workbook", "contacts_by_role"),
            size,
            partial(self._capped, "capped"),
            (labels.text("workbook", "contacts_note"),),
            roles.SOURCE,
            "true",
            roles.ORDER,
            None,
        )
        yield part, fields

    def described(self) -> list[str]:
        """The columns of all sheets and of the CSV files beside them."""
        every = [column for names, _ in (self._chosen(*view) for view in self._views()) for column in names]
        every += [*self.columns, "reason"]
        if self.job.base.audiences:
            every += [*audiences.columns(self.columns), "figures"]
        if self.job.base.rows > self.job.base.listed:
            every += roles.columns(self.job.profile, self.reader.grants, self.job.base.extra)
        return list(dict.fromkeys(every))

    def left_out(self) -> list[str]:
        """Headings of the columns for which sheets lack room."""
        every = [column for _, without in (self._chosen(*view) for view in self._views()) for column in without]
        return [column_heading(self.job.profile, one, self.labels) for one in dict.fromkeys(every)]

    @cached_property
    def _leading(self) -> list[tuple[str, Population, dict[str, int]]]:
        """The dimension whose segments have sheets, of each population that has any; and their sizes."""
        job, found = self.job, []
        for population in get_args(Population):
            dimension = leading_dimension(job.profile, population)
            sizes = {} if dimension is None else segment_counts(job.con, job.profile, job.base, dimension)
            if dimension is not None and sizes:
                found.append((dimension, population, sizes))
        return found

    def _expected(self, population: Population) -> bool:
        """Whether rows of the population are in the order of expected revenue: where some of them have it."""
        found = self.job.con.execute(
            f"SELECT count(expected_revenue) FROM {BASE} WHERE population = {literal(population)}"
        ).fetchall()
        return bool(found[0][0])

    def _views(self) -> list[tuple[Population, str | None]]:
        """The population of sheets, and which dimension they are about."""
        profile, base = self.job.profile, self.job.base
        about = {profile.audiences[one].population for one in base.audiences}
        return [*((population, one) for one, population, _ in self._leading), *((one, None) for one in sorted(about))]

    def _chosen(self, population: Population, about: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return sheet_columns(self.job.profile, self.columns, population, about)

    def _fields(self, population: Population, about: str | None = None) -> tuple[Field, ...]:
        columns, _ = self._chosen(population, about)
        return sheet_fields(self.job.con, self.job.profile, columns, self.job.base, self.labels)

    def _capped(self, code: str, shown: str, every: str, **more: str) -> str:
        return self.labels.text("workbook", code, shown=shown, all=every, **more)
