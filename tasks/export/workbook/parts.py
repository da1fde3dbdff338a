"""What the sheets of a reader's workbook show: segments of persons and of accounts, audiences, contacts by role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import get_args

from region_profiles.models import Population
from region_profiles.playbook_models import AUDIENCE
from tasks.export import audiences, roles
from tasks.export.base import LISTED
from tasks.export.customers import column_heading
from tasks.export.job import Job, Reader
from tasks.export.labels import Labels
from tasks.export.workbook.fields import Field, role_fields, sheet_columns, sheet_fields
from tasks.export.workbook.sheets import Part, leading_dimension, segment_counts
from tasks.sql import literal, name

Sheet = tuple[Part, tuple[Field, ...]]


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
        job, labels = self.job, self.labels
        for dimension, population in self._leading():
            sizes = segment_counts(job.con, job.profile, job.base, dimension)
            if not sizes:
                continue
            fields = self._fields(population, dimension)
            titles = labels.segments(job.profile, dimension, sizes)
            capped = partial(self._capped, "capped_expected" if "expected_revenue" in job.base.extra else "capped")
            for segment, size in sizes.items():
                goal = audiences.goal(job.profile, labels, dimension, segment)
                where = f"{name(f'segment_{dimension}')} = {literal(segment)} AND {LISTED}"
                yield Part(titles[segment], size, capped, tuple(filter(None, [goal])), where=where), fields

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

    def _leading(self) -> Iterator[tuple[str, Population]]:
        for population in get_args(Population):
            dimension = leading_dimension(self.job.profile, population)
            if dimension is not None:
                yield dimension, population

    def _views(self) -> list[tuple[Population, str | None]]:
        """The population of sheets, and which dimension they are about."""
        profile, base = self.job.profile, self.job.base
        about = {profile.audiences[one].population for one in base.audiences}
        return [*((population, one) for one, population in self._leading()), *((one, None) for one in sorted(about))]

    def _chosen(self, population: Population, about: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return sheet_columns(self.job.profile, self.columns, population, about)

    def _fields(self, population: Population, about: str | None = None) -> tuple[Field, ...]:
        columns, _ = self._chosen(population, about)
        return sheet_fields(self.job.con, self.job.profile, columns, self.job.base, self.labels)

    def _capped(self, code: str, shown: str, every: str, **more: str) -> str:
        return self.labels.text("workbook", code, shown=shown, all=every, **more)
