"""The sample's 17 markets, from their drops to the rows that workbooks are made of; and readers that know no writer."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import pytest

from flows.planning.runs import plan
from region_profiles.models import Profile
from tasks.export.base import Base, load_base
from tasks.export.customers import customer_columns
from tasks.export.job import Job, Reader
from tasks.export.summary import Summary, load_summary
from tasks.export.workbook import workbooks
from tasks.ingest.task import ingest
from tasks.normalize.task import normalize
from tasks.predict.task import predict
from tasks.reference.task import money
from tasks.sample.generate import generate
from tasks.segment.task import segment
from tasks.traits.task import traits

AS_OF = date(2026, 6, 30)
ALL = frozenset({"customers", "names", "emails", "phones", "addresses"})
CUSTOMERS, SEED = 40, 3
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True)
class Market:
    """A market's segmented rows, before anything was exported."""

    code: str
    profile: Profile
    segmented: Path
    contacts: Path
    con: duckdb.DuckDBPyConnection

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those of the list for who may see all."""
        return customer_columns(self.profile, ALL, self.job(self.segmented).base.extra)

    @property
    def locale(self) -> str:
        """Its first team's first locale."""
        return self.profile.teams[0].locales[0]

    def job(self, out: Path, **exports) -> Job:
        """The market's rows loaded anew; `exports` are settings of the profile."""
        settings = self.profile.exports.model_validate({**self.profile.exports.model_dump(), **exports})
        profile = self.profile.model_copy(update={"exports": settings})
        names = [str(self.segmented / f"{name}.parquet") for name in ("customers", "audiences")]
        base: Base = load_base(self.con, profile, names[0], str(self.contacts), names[1])
        figures: Summary = load_summary(self.con, profile, str(self.segmented / "segments.parquet"), base)
        return Job(self.con, profile, base, figures, out, f"{self.code}_{AS_OF}", AS_OF)

    def rows(self, select: str):
        """Rows of the canonical files, the traits `t` beside the contacts `p`, in the files' order."""
        return self.con.execute(
            f"""SELECT {select} FROM '{self.segmented}/customers.parquet' t JOIN '{self.contacts}' p USING (customer_id)
                WHERE t.population <> 'contact'
                ORDER BY t.expected_revenue DESC NULLS LAST, t.monetary_local DESC NULLS LAST, customer_id"""
        ).fetchall()


class Sample(dict):
    """The sample's markets by code, each run when it is first asked for."""

    def __init__(self, root: Path) -> None:
        generate(root / "drops", customers=CUSTOMERS, seed=SEED)
        planned = plan(None, as_of=AS_OF, landing=str(root / "drops"), publish=str(root / "published"))
        self.runs = {one.market: replace(one, work=root / "work", pseudonym_key="k" * 32) for one in planned}

    def __missing__(self, code: str) -> Market:
        run = self.runs[code]
        sources = ingest(run)
        canonical = normalize(run, sources)
        factors = money(run, canonical)
        described = traits(run, canonical, factors)
        segments = segment(run, described, predict(run, canonical, factors, described, None), None)
        contacts = canonical.folder / "customers.parquet"
        self[code] = Market(code, segments.profile, segments.folder, contacts, run.cursor())
        assert self[code].columns  # before anybody changes the rows
        return self[code]


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """Every market of the sample, by its code."""
    return Sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def germany(sample):
    """One market of the sample."""
    return sample["DE"]


def write(job: Job, locale: str, *readers: Reader) -> dict[str, Path]:
    """A locale's workbooks by kind: summary, customers_by_segment, customers."""
    kinds = ("customers_by_segment", "summary", "customers")
    written = list(workbooks(job, locale, readers or (Reader(("team",), ALL),)))
    return {next(kind for kind in kinds if f"_{kind}" in file.path): job.out / file.path for file in written}


@pytest.fixture(scope="session")
def books():
    """A function that writes a locale's workbooks."""
    return write


@pytest.fixture(scope="session")
def everything(sample, tmp_path_factory):
    """The workbooks of every market in its first locale."""
    out = tmp_path_factory.mktemp("books")
    return {code: write(sample[code].job(out / code), sample[code].locale) for code in sample.runs}


def parts(path: Path) -> dict[str, ET.Element]:
    """Every XML part of a workbook, parsed."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}  # noqa: S314 - our own files


@pytest.fixture(scope="session")
def xml():
    """A function from a workbook to its parts."""
    return parts


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    """A function that lets LibreOffice open workbooks, all in one start, and save them anew; returns the new ones."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice absent: nothing else opens a workbook as a spreadsheet program does")
    home, count = tmp_path_factory.mktemp("office"), iter(range(100))

    def save(paths: list[Path]) -> list[Path]:
        saved = home / f"saved{next(count)}"
        given = home / f"given{saved.name}"
        given.mkdir()
        copies = [Path(shutil.copyfile(path, given / f"{place}.xlsx")) for place, path in enumerate(paths)]
        profile = f"-env:UserInstallation={(home / 'profile').as_uri()}"
        subprocess.run(  # noqa: S603 - the system's own program, on files of ours
            [program, profile, "--headless", "--convert-to", "xlsx", "--outdir", saved, *copies],
            check=True,
            capture_output=True,
            timeout=300,
        )
        return [saved / copy.name for copy in copies]

    return save
