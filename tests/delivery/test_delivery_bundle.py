"""A bundle holds what its team may see and nothing else, and is the same bytes whenever it is made."""

from __future__ import annotations

import html
import re
import tracemalloc
import zipfile
from urllib.parse import unquote

import pytest

from flows.delivering.teams import deliver
from tasks.delivery.bundle import write_bundle
from tasks.errors import PublicationError
from tasks.export.labels import Labels
from tests.delivery.desk import EVERYTHING, JUNE, team

BASE = "DE_2026-06-30_de-DE"


def members(path):
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        return found.namelist()


def readme(path):
    with zipfile.ZipFile(path) as found:
        return found.read(found.namelist()[0]).decode()


def test_each_team_gets_one_zip_a_locale_named_by_market_date_and_locale(market):
    market.teams = [team(locales=("de-DE", "en-DE")), team("board", grants=())]
    manifest = market.publish()
    found = deliver(market.order)
    assert [(one.team, one.means, one.state) for one in found] == [
        ("crm", "store", "delivered"),
        ("board", "store", "delivered"),
    ]
    folder = market.bundle(manifest).parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "DE_2026-06-30_de-DE.txt", "DE_2026-06-30_de-DE.zip", "DE_2026-06-30_en-DE.txt", "DE_2026-06-30_en-DE.zip",
    ]  # fmt: skip
    assert str(folder).endswith(f"country=DE/deliveries/{manifest.publication}/crm")


def test_a_team_without_the_grant_customers_has_no_list(market):
    market.teams = [team(), team("board", grants=())]
    manifest = market.publish()
    deliver(market.order)
    summary = [f"{BASE}_report.html", f"{BASE}_summary.xlsx", f"{BASE}_segments.csv"]
    assert members(market.bundle(manifest))[1:] == [
        *summary, f"customers/{BASE}_customers.csv", f"stores/{BASE}_store_b1-8ae312ec.csv", "tags/DE_tags.csv",
    ]  # fmt: skip
    assert members(market.bundle(manifest, "board"))[1:] == summary


def test_a_file_that_names_other_readers_is_not_in_the_bundle(market):
    others = {f"de-DE/customers/{BASE}_customers_stores.csv": (b"x", ["stores"]), "canonical/x.parquet": (b"x", [])}
    manifest = market.publish(extra=others)
    deliver(market.order)
    assert not [name for name in members(market.bundle(manifest)) if "stores.csv" in name or "parquet" in name]


def test_a_team_that_lost_the_grant_gets_no_list_of_an_older_publication(market):
    manifest = market.publish()
    market.teams = [team(grants=())]
    deliver(market.order)
    assert len(members(market.bundle(manifest))) == 4


def test_after_a_change_of_the_profile_lists_go_only_to_whom_nothing_can_be_too_much(market):
    manifest = market.publish()
    market.teams = [team(grants=("customers", "names"))]  # they had e-mail addresses, too
    (found,) = deliver(market.order)
    assert found.state == "failed"
    assert "its lists" not in found.detail
    assert "may hold what team crm may no longer see; run the market again" in found.detail
    assert not market.bundle(manifest).exists()
    market.teams = [team(grants=EVERYTHING), team("new", grants=())]
    assert deliver(market.order)[0].state == "delivered"


def test_the_same_publication_gives_the_same_bytes_at_any_time_and_place(market, tmp_path):
    manifest = market.publish()
    deliver(market.order)
    first = market.bundle(manifest).read_bytes()
    market.bundle(manifest).unlink()
    deliver(market.order, again=["crm"])
    assert market.bundle(manifest).read_bytes() == first
    with zipfile.ZipFile(market.bundle(manifest)) as found:
        assert {one.date_time for one in found.infolist()} == {(2026, 6, 30, 0, 0, 0)}
    assert str(tmp_path).encode() not in first


@pytest.mark.usefixtures("worded")
def test_names_beyond_ascii_are_utf_8_and_safe_whatever_the_catalog_says(market):
    manifest = market.publish()
    deliver(market.order)
    with zipfile.ZipFile(market.bundle(manifest)) as found:
        first = found.infolist()[0]
    assert first.filename == "最初に 読む.html"
    assert first.flag_bits & 0x800, "the flag that says UTF-8"


@pytest.mark.parametrize(
    "name",
    [
        "../x.csv", "/x.csv", "a/../../x.csv", "a\\x.csv", "C:x.csv", "a//x.csv", "x.csv ", "NUL.csv", "a\x00.csv",
        "a\u202efdp.csv", f"{'x' * 300}.csv", "",
    ],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder_or_deceives(market, tmp_path, name):
    manifest = market.publish()
    with pytest.raises(PublicationError, match="not a name for a file of a bundle"):
        write_bundle(market.store, manifest, [], [(name, b"x")], tmp_path / "x.zip")


def test_two_names_that_unpack_to_one_file_are_refused(market, tmp_path):
    with pytest.raises(PublicationError, match="none twice"):
        write_bundle(market.store, market.publish(), [], [("Liste.csv", b"1"), ("liste.CSV", b"2")], tmp_path / "x.zip")


def test_a_file_that_is_not_what_the_manifest_says_stops_the_delivery(market):
    manifest = market.publish()
    prefix = f"country=DE/as_of={JUNE}/publication={manifest.publication}/de-DE/summary/{BASE}"
    market.store.local_path(f"{prefix}_report.html").write_bytes(b"<p>other</p>")
    (found,) = deliver(market.order)
    assert (found.state, market.bundle(manifest).exists()) == ("failed", False)
    assert "not what the manifest says" in found.detail
    assert [event for event, *_ in market.events] == ["published"], "the claim is gone: the next one may try"


def test_memory_stays_flat_whatever_the_size_of_a_list(market):
    large = {f"de-DE/customers/{BASE}_large_customers.csv": (bytes(range(256)) * 200_000, ["crm"])}  # 51 MB
    market.publish(extra=large)
    tracemalloc.start()
    deliver(market.order)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16e6


@pytest.mark.parametrize(("locale", "direction"), [("de-DE", "ltr"), ("ar-AE", "rtl"), ("ja-JP", "ltr")])
def test_the_read_me_is_in_the_teams_language_and_names_every_file(market, locale, direction):
    market.teams = [team(locales=(locale,))]
    manifest = market.publish()
    deliver(market.order)
    path = market.bundle(manifest, locale=locale)
    page = readme(path)
    assert f'<html lang="{locale}" dir="{direction}">' in page
    titles = {"de-DE": "Kundenbericht: Deutschland", "ar-AE": "ألمانيا", "ja-JP": "ドイツ"}
    assert titles[locale] in page
    assert [unquote(link) for link in re.findall(r'href="([^"]+)"', page)] == members(path)[1:]
    assert "Erika &lt;erika@example.org&gt;" in page, "whom to ask"
    assert manifest.publication in page
    assert "<script" not in page
    assert "%(" not in page


def test_the_read_me_tells_the_workbook_by_segment_from_the_list(market):
    made = {f"de-DE/customers/{BASE}_{name}.xlsx": (b"PK", ["crm"]) for name in ("customers", "customers_by_segment")}
    manifest = market.publish(extra=made)
    deliver(market.order)
    rows = html.unescape(readme(market.bundle(manifest))).split("</tr>")
    labels = Labels("de-DE")
    for file, code in (("customers.xlsx", "is_customers"), ("customers_by_segment.xlsx", "is_by_segment")):
        (row,) = (row for row in rows if f"{BASE}_{file}" in row)
        assert labels.text("delivery", code) in row, file


def test_the_read_me_warns_of_personal_data_where_there_are_any(market, worded):
    assert worded is None
    market.teams = [team(), team("board", grants=())]
    manifest = market.publish()
    deliver(market.order)
    assert "personal data" in readme(market.bundle(manifest))
    assert "personal data" not in readme(market.bundle(manifest, "board"))


def test_of_many_stores_the_read_me_names_the_folder(market):
    many = {
        f"de-DE/customers/{BASE}_store_b{n}-8ae312ec.csv": (f"{n}\r\n".encode(), ["crm"]) for n in range(20, 40)
    }  # fmt: skip
    manifest = market.publish(extra=many)
    deliver(market.order)
    page, names = readme(market.bundle(manifest)), members(market.bundle(manifest))
    links = re.findall(r'href="([^"]+)"', page)
    assert links == [name for name in names[1:] if not name.startswith("stores/")] + ["stores/"]
    assert sum(name.startswith("stores/") for name in names) == 21
