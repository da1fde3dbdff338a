"""A private bucket is read through links that expire: files, bundles, and the page that lists them."""

from __future__ import annotations

import hashlib
import re
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from flows.delivering import links
from flows.delivering.teams import deliver, recall
from tasks.errors import Terminal
from tasks.objects import open_store
from tests.delivery.desk import EVERYTHING, team

#: Without a signature: Swift answers 400, others 401 or 403.
CLOSED = {400, 401, 403}


def fetched(link):
    with urllib.request.urlopen(link, timeout=10) as answer:  # noqa: S310 - our own server's link
        return answer.read(), answer.headers


def refused(link):
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(link, timeout=10)  # noqa: S310 - our own server's link
    raised.value.close()
    return raised.value.code


def hrefs(page):
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', page)]


@pytest.fixture
def pages(s3_market, monkeypatch):
    """A function that makes links as `strata link` does, for a market whose teams the test sets."""
    monkeypatch.setattr(links, "order_for", lambda *_: s3_market.order)
    return lambda *teams, hours=1: links.links_of("DE", None, None, teams, hours)


# --- one object ---


def test_a_link_reads_its_object_without_credentials_and_nothing_else(s3_root):
    store = open_store(f"{s3_root}/some/prefix")
    for name in ("a b", "ü/日本.csv"):
        store.put_new(name, name.encode())
        link = store.presign(name, 60)
        assert fetched(link)[0] == name.encode()
        assert refused(link.replace("a%20b", "c").replace("%C3%BC", "u")) in {403, 404}
        assert refused(link.partition("?")[0]) in CLOSED
    assert refused(store.presign("nothing", 60)) == 404


def test_a_link_is_signed_by_version_4_and_ends(s3_root):
    store = open_store(s3_root)
    store.put_new("x", b"x")
    query = parse_qs(urlsplit(store.presign("x", 90)).query)
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["90"])
    link = store.presign("x", 1)
    time.sleep(2.1)
    assert refused(link) == 403


@pytest.mark.parametrize("seconds", [0, 604_801])
def test_no_link_lasts_longer_than_a_week(s3_root, seconds):
    with pytest.raises(Terminal, match="expected 1 to 604800 seconds"):
        open_store(s3_root).presign("x", seconds)


def test_a_folder_has_no_links_and_says_what_to_do(tmp_path):
    with pytest.raises(Terminal, match=r"no links that expire; publish to an S3 bucket, or give the team a folder"):
        open_store(tmp_path).presign("x", 60)


# --- a team's page ---


def test_the_page_and_every_file_on_it_open_from_a_private_bucket(s3_market, pages):
    s3_market.teams = [team(locales=("ar-AE", "en-AE")), team("board", ("en-AE",), ())]
    manifest = s3_market.publish()
    found = pages()
    assert [(one.team, one.locale) for one in found] == [("crm", "ar-AE"), ("crm", "en-AE"), ("board", "en-AE")]
    content, headers = fetched(found[0].link)
    page = content.decode()
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert '<html lang="ar-AE" dir="rtl">' in page
    prefix = f"publication={manifest.publication}/"
    opened = {
        unquote(urlsplit(link).path).partition(prefix)[2]: hashlib.sha256(fetched(link)[0]).hexdigest()
        for link in hrefs(page)
    }
    assert opened == {
        one.path: one.sha256 for one in manifest.exports if one.locale == "ar-AE" or one.path.startswith("tags/")
    }
    assert refused(found[0].link.partition("?")[0]) in CLOSED, "the bucket is private"


def test_a_page_has_only_what_its_team_may_see(s3_market, pages):
    s3_market.teams = [team(), team("board", grants=())]
    s3_market.publish()
    (found,) = pages("board")
    page = fetched(found.link)[0].decode()
    assert len(hrefs(page)) == 3
    assert not [link for link in hrefs(page) if "/customers/" in link or "/tags/" in link]


def test_pages_whose_links_have_ended_go_with_the_next_ones(s3_market, pages, monkeypatch):
    s3_market.publish()
    pages(hours=1)
    keys = [info.key for info in s3_market.store.list("country=DE/deliveries/")]
    assert len(keys) == 1

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=2)

    monkeypatch.setattr(links, "datetime", Later)
    pages(hours=1)
    left = [info.key for info in s3_market.store.list("country=DE/deliveries/")]
    assert len(left) == 1
    assert left != keys


def test_links_need_a_publication_and_a_team_that_there_is(s3_market, pages):
    with pytest.raises(Terminal, match="nothing is published"):
        pages()
    s3_market.publish()
    with pytest.raises(Terminal, match="no such team; found 'shops'; expected crm"):
        pages("shops")


# --- a link in a message ---


def test_a_message_carries_a_link_to_the_bundle_and_says_until_when(s3_market, letters, worded):
    assert worded is None
    means = [{"means": "email", "to": ["one@example.org"]}, {"means": "link", "hours": 24}]
    s3_market.teams = [team(grants=EVERYTHING, deliver=means)]
    manifest = s3_market.publish()
    assert [(one.means, one.state) for one in deliver(s3_market.order)] == [
        ("link", "delivered"),
        ("email", "delivered"),
    ]
    message = message_from_bytes(letters.got[0][1], policy=policy.default)
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    (link,) = [line for line in text.splitlines() if line.startswith("http")]
    assert link in hrefs(html)
    content, headers = fetched(link)
    assert (content[:2], headers["Content-Type"]) == (b"PK", "application/zip")
    assert f"deliveries/{manifest.publication}/crm/DE_2026-06-30_de-DE.zip" in link
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == [str(24 * 3600)]
    assert "until " in text
    s3_market.withdraw(manifest)
    recall(s3_market.order, manifest.publication)
    assert refused(link) == 404, "a recall ends the links to the bundle"


def test_bundles_reach_a_bucket_of_the_teams_own_and_leave_it(s3_market, s3_root):
    s3_market.teams = [team(deliver=[{"means": "folder", "to": f"{s3_root}/teams/crm"}])]
    manifest = s3_market.publish()
    assert [one.state for one in deliver(s3_market.order)] == ["delivered"]
    own = open_store(f"{s3_root}/teams/crm")
    assert [info.key for info in own.list()] == ["DE_2026-06-30_de-DE.txt", "DE_2026-06-30_de-DE.zip"]
    s3_market.withdraw(manifest)
    recall(s3_market.order, manifest.publication)
    (notice,) = [info.key for info in own.list()]
    assert notice.startswith("DE_2026-06-30_de-DE_")
