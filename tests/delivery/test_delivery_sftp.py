"""SFTP: the server is the one that is known, and a folder never shows half of a file."""

from __future__ import annotations

import logging

import paramiko
import pytest

from flows.delivering.teams import deliver, recall
from flows.settings import Settings
from tasks.delivery.sftp import SftpUnavailable, upload
from tasks.errors import Terminal
from tests.delivery.desk import team

BASE = "DE_2026-06-30_de-DE"


@pytest.fixture
def content(tmp_path):
    path = tmp_path / "content"
    path.write_bytes(bytes(range(256)) * 1000)
    return path


def server(**changes):
    return Settings().sftp["crm"].model_copy(update=changes)


def test_a_bundle_goes_up_under_another_name_and_is_renamed(market, sftp):
    market.teams = [team(deliver=[{"means": "sftp", "server": "crm", "folder": "in/strata"}])]
    market.publish()
    (found,) = deliver(market.order)
    assert (found.means, found.state) == ("sftp", "delivered")
    assert sftp.names == [f"in/strata/{BASE}.txt", f"in/strata/{BASE}.zip"]
    assert sftp.files.seen[:2] == [("write", f".{BASE}.zip.part"), ("rename", f".{BASE}.zip.part", f"{BASE}.zip")]
    assert not (market.root / "country=DE" / "deliveries").exists(), "it lies where the means say"


def test_an_older_file_of_that_name_is_replaced_also_where_the_server_cannot_rename_over_it(sftp, content):
    sftp.files.renames = False
    (sftp.folder / "x.zip").write_bytes(b"old")
    upload(server(), ".", [("x.zip", content)])
    assert (sftp.folder / "x.zip").read_bytes() == content.read_bytes()


def test_a_recall_removes_the_bundle_and_leaves_a_note(market, sftp):
    market.teams = [team(deliver=[{"means": "sftp", "server": "crm"}])]
    manifest = market.publish()
    deliver(market.order)
    market.withdraw(manifest)
    assert [one.state for one in recall(market.order, manifest.publication)] == ["recalled"]
    (notice,) = sftp.names
    assert notice.startswith(f"{BASE}_")


def test_the_key_may_be_given_as_text(sftp, content):
    text = (sftp.folder.parent / "key").read_text()
    upload(server(key=type(server().key)(text)), ".", [("x", content)])
    assert sftp.names == ["x"]


@pytest.mark.parametrize("kind", ["another key", "no key"])
def test_a_server_that_is_not_the_known_one_gets_nothing(sftp, content, tmp_path, kind):
    known, other = tmp_path / "known", paramiko.ECDSAKey.generate()
    line = f"[127.0.0.1]:{sftp.port} {other.get_name()} {other.get_base64()}\n"
    known.write_text(line if kind == "another key" else "")
    told = "another key than the one that is known" if kind == "another key" else "key is not known"
    with pytest.raises(Terminal, match=told):
        upload(server(known_hosts=known), ".", [("x", content)])
    assert sftp.names == []
    assert sftp.connections == 1, "no retry helps"


def test_a_refused_user_is_told_without_the_key(sftp, content):
    with pytest.raises(Terminal, match="refuses the user or the key") as raised:
        upload(server(user="somebody"), ".", [("x", content)])
    assert "PRIVATE" not in str(raised.value)
    assert sftp.connections == 1


@pytest.mark.usefixtures("sftp")
@pytest.mark.parametrize("wrong", ["/nowhere", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END"])
def test_a_key_that_cannot_be_read_is_told_without_quoting_it(content, wrong):
    with pytest.raises(Terminal, match="private key for the SFTP server cannot be read") as raised:
        upload(server(key=type(server().key)(wrong)), ".", [("x", content)])
    assert wrong not in str(raised.value)


def test_a_folder_that_may_not_be_written_is_no_fault_that_passes(sftp, content):
    sftp.files.refuse = paramiko.SFTP_PERMISSION_DENIED
    with pytest.raises(Terminal, match="folder cannot be written"):
        upload(server(), ".", [("x", content)])
    assert sftp.connections == 1


def test_a_connection_that_breaks_off_is_made_again(sftp, content, caplog):
    sftp.drop_first = 2
    with caplog.at_level(logging.CRITICAL):
        upload(server(), ".", [("x", content)])
    assert (sftp.connections, sftp.names) == (3, ["x"])


def test_a_server_that_never_answers_is_given_up(sftp, content):
    sftp.drop_first = 9
    with pytest.raises(SftpUnavailable):
        upload(server(), ".", [("x", content)])
    assert sftp.connections == 3


def test_the_key_stands_in_no_text_of_the_settings(sftp, monkeypatch):
    text = (sftp.folder.parent / "key").read_text()
    monkeypatch.setenv("STRATA_SFTP__CRM__KEY", text)
    assert "PRIVATE" not in repr(Settings())
    assert Settings().sftp["crm"].key.get_secret_value() == text
