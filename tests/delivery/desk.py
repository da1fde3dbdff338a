"""A market whose every published number is written down here, and its teams."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import duckdb

from flows.delivering.teams import Order
from region_profiles.loader import load_profile, profile_digest
from region_profiles.models import Profile, Team
from tasks.export.dialect import excel_dialect
from tasks.objects import open_store
from tasks.publish.deciding import withdrawing
from tasks.publish.manifest import Manifest, exports_of, publication_id
from tasks.publish.pointer import read_pointer, update_pointer
from tasks.publish.publication import find_previous, publish

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)
EVERYTHING = ("customers", "names", "emails", "phones", "addresses")
#: Customers by lifecycle segment as published; `*` is withheld.
SIZES_MAY = {"loyal": "40", "new": "20", "at_risk": "*", "lost": "*"}
SIZES_JUNE = {"loyal": "49", "new": "19", "at_risk": "*", "lost": "12"}
#: Revenue orders what is to be done: the more, the earlier.
REVENUE = {"loyal": "900,50", "new": "100", "at_risk": "*", "lost": "300"}


def team(name="crm", locales=("de-DE",), grants=EVERYTHING, deliver=()):
    return Team.model_validate({"name": name, "locales": locales, "grants": grants, "deliver": deliver})


@cache
def _loaded():
    return load_profile("DE")


class Market:
    """DE in a publish root."""

    def __init__(self, root, folder, mode="cas"):
        self.root, self.folder, self.mode = root, folder, mode
        self.teams = [team()]
        self.more = {}
        self._staged = iter(range(1000))

    @property
    def profile(self) -> Profile:
        found = _loaded()
        market = found.market.model_copy(update={"contact": "Erika <erika@example.org>"})
        return found.model_copy(update={"teams": tuple(self.teams), "market": market})

    @property
    def order(self) -> Order:
        return Order("DE", self.profile, profile_digest(self.profile), str(self.root), self.mode)

    @property
    def store(self):
        return open_store(self.root)

    @property
    def pointer(self):
        return read_pointer(self.store, "DE").pointer

    @property
    def events(self):
        return [
            (event.event, event.team, event.means) if event.team else (event.event,) for event in self.pointer.events
        ]

    def publish(self, as_of=JUNE, sizes=None, *, seed="a", total=None, extra=(), rules="same", readers=None):
        """Publish a report, segments and lists in each locale; the manifest."""
        sizes = sizes or {MAY: SIZES_MAY, JUNE: SIZES_JUNE}.get(as_of, SIZES_JUNE)
        staged = self.folder / "staged" / str(next(self._staged))
        files = {}
        for locale in dict.fromkeys(locale for one in self.teams for locale in one.locales):
            stem = f"DE_{as_of}_{locale}"
            everyone = [one.name for one in self.teams if locale in one.locales]
            listed = [one.name for one in self.teams if locale in one.locales and "customers" in one.grants]
            files[f"{locale}/summary/{stem}_report.html"] = (f"<p>{seed}</p>".encode(), everyone)
            files[f"{locale}/summary/{stem}_summary.xlsx"] = (b"PK", everyone)
            files[f"{locale}/summary/{stem}_segments.csv"] = (segments(locale, sizes, total), everyone)
            if listed:
                files[f"{locale}/customers/{stem}_customers.csv"] = (b"number\r\n1\r\n", listed)
                files[f"{locale}/customers/{stem}_store_b1-8ae312ec.csv"] = (b"number\r\n1\r\n", listed)
        files["tags/DE_tags.csv"] = (b"number\n1\n", [one.name for one in self.teams if "customers" in one.grants])
        files |= dict(extra)
        for path, (content, _) in files.items():
            (staged / path).parent.mkdir(parents=True, exist_ok=True)
            (staged / path).write_bytes(content)
        (staged / "canonical").mkdir(exist_ok=True)
        with duckdb.connect() as con:
            con.execute(f"COPY (SELECT '{seed} {as_of}' AS customer_id) TO '{staged}/canonical/customers.parquet'")
        previous = find_previous(self.store, "DE", as_of)
        identity = {
            "country": "DE", "as_of": as_of, "profile": profile_digest(self.profile), "references": {"seed": seed * 64},
            "tombstones": None, "pseudonym_key": "3" * 16, "output_version": 1,
            "previous": previous.sha256 if previous else None,
        }  # fmt: skip
        notes = {
            "exports": {"readers": readers or {path: who for path, (_, who) in files.items()}},
            "segments": {"definitions": rules},
        }
        manifest = Manifest(
            **identity, publication=publication_id(inputs=[], **identity), inputs=[], ledger={}, columns={},
            exports=exports_of(staged), notes=notes,
        )  # fmt: skip
        publish(self.store, staged, manifest, who="test", pointer_mode=self.mode)
        return manifest

    def withdraw(self, manifest):
        moment = datetime.now(UTC).replace(microsecond=0)
        update_pointer(
            self.store, "DE",
            lambda found: withdrawing(found, manifest.as_of, manifest.publication, who="t", when=moment, why="bad"),
            self.mode,
        )  # fmt: skip

    def bundle(self, manifest, name="crm", locale="de-DE"):
        """A bundle in the publish root."""
        return (
            Path(self.root) / "country=DE" / "deliveries" / manifest.publication / name
            / f"DE_{manifest.as_of}_{locale}.zip"
        )  # fmt: skip


def segments(locale, sizes, total=None):
    """The published table of segments, in the columns of tasks.export.summary, as that locale's Excel reads it."""
    dialect = excel_dialect(locale)
    numbers = [int(size) for size in sizes.values() if size != "*"]
    rows = [("Markt", "market", "Alle", "all", str(total or sum(numbers) + 11), "1", "1", "1000", "EUR")]
    rows += [("x", "lifecycle", "x", code, size, "0", "1", REVENUE[code], "EUR") for code, size in sizes.items()]
    rows.append(("x", "lifecycle", "x", "guest", "0", "0", "5", "77", "EUR"))
    lines = [["d", "dc", "s", "sc", "customers", "share", "orders", "local", "currency"], *rows]
    localized = [[cell.replace(",", dialect.decimal) for cell in row] for row in lines]
    quoted = [[f'"{cell}"' if dialect.separator in cell else cell for cell in row] for row in localized]
    return ("\ufeff" + "".join(dialect.separator.join(row) + "\r\n" for row in quoted)).encode()
