"""`strata deliver` and `strata link`, what `validate` and `doctor` say of deliveries, and residency zones."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import pytest
import yaml

from flows.cli import main
from flows.delivering.faults import delivery_faults
from flows.delivering.teams import deliver, order_for
from flows.settings import Settings
from tests.delivery.desk import Market, team


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def strata(monkeypatch, capsys):
    """A function that runs `strata` with arguments."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["strata", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        told = capsys.readouterr()
        return Said(code, told.out, told.err)

    return call


@pytest.fixture
def profiles(tmp_path):
    """A function that writes a folder of profiles in which DE has these teams; the folder."""
    from importlib.resources import files

    def write(*teams, zone="default"):
        folder = tmp_path / "profiles"
        (folder / "markets").mkdir(parents=True, exist_ok=True)
        (folder / "base.yaml").write_text((files("region_profiles") / "base.yaml").read_text(encoding="utf-8"))
        market = {
            "market": {"country": "DE", "zone": zone},
            "teams": [one.model_dump(mode="json", exclude_defaults=True) for one in teams],
        }
        (folder / "markets" / "de.yaml").write_text(yaml.safe_dump(market), encoding="utf-8")
        return folder

    return write


class Own(Market):
    """A market by a folder of profiles."""

    profiles = None

    @property
    def profile(self):
        return order_for("DE", str(self.root), self.profiles).profile


@pytest.fixture
def own(tmp_path, profiles):
    """A function that publishes DE for these teams; the arguments that name it on the command line."""

    def make(*teams, zone="default"):
        found = Own(tmp_path / "published", tmp_path)
        found.profiles, found.teams = profiles(*teams, zone=zone), list(teams)
        manifest = found.publish()
        return found, manifest, ("--publish", found.root, "--profiles", found.profiles)

    return make


def test_deliver_says_what_became_of_each_delivery_and_again_repeats_one(strata, own, tmp_path):
    folder = tmp_path / "crm"
    market, manifest, options = own(team(deliver=[{"means": "folder", "to": str(folder)}]), team("board", grants=()))
    planned = strata("deliver", "de", *options, "--dry-run")
    assert (planned.code, planned.out.count("planned"), folder.exists()) == (0, 2, False)
    found = strata("deliver", "DE", *options)
    assert found.code == 0
    rows = [line.split() for line in found.out.splitlines()]
    assert ["crm", "folder", "delivered", manifest.publication] in rows
    assert ["board", "store", "delivered", manifest.publication] in rows
    assert market.bundle(manifest, "board").exists()
    assert strata("deliver", "DE", *options).out.count("already") == 2
    again = json.loads(strata("deliver", "DE", *options, "--again", "crm", "--json").out)
    assert [(one["team"], one["state"]) for one in again] == [("crm", "delivered"), ("board", "already")]
    only = json.loads(strata("deliver", "DE", *options, "--team", "board", "--json").out)
    assert [one["team"] for one in only] == ["board"]


def test_a_failed_delivery_is_exit_code_1_and_a_wrong_request_2(strata, own):
    _, _, options = own(team(deliver=[{"means": "sftp", "server": "crm"}]))
    failed = strata("deliver", "DE", *options)
    assert failed.code == 1
    assert "crm, sftp: no SFTP server crm is set; set STRATA_SFTP__CRM__HOST" in failed.out.replace("\n", " ")
    for arguments, told in (
        (("--team", "shops"), "the market has no such team; found 'shops'"),
        (("--as-of", "2020-01-01"), "nothing is published for that date; found '2020-01-01'"),
    ):
        found = strata("deliver", "DE", *options, *arguments)
        assert (found.code, told in found.err) == (2, True), found


def test_links_of_a_folder_are_refused_with_what_to_do(strata, own):
    _, _, options = own(team())
    found = strata("link", "DE", *options)
    assert found.code == 2
    assert "a folder has no links that expire; publish to an S3 bucket" in found.err


def test_links_are_printed_for_people_and_for_programs(strata, own, s3_root):
    market, _, options = own(team(), team("board", grants=()))
    market.root = f"{s3_root}/published"
    market.mode = "single_writer"
    market.publish()
    options = ("--publish", market.root, *options[2:])
    found = strata("link", "DE", *options, "--team", "board", "--hours", 2)
    assert found.code == 0
    head, link = found.out.splitlines()
    assert head.startswith("board de-DE (until ")
    assert link.startswith("http")
    assert [one["team"] for one in json.loads(strata("link", "DE", *options, "--json").out)] == ["crm", "board"]


# --- before anything is sent ---

WITHOUT = [
    ({"means": "email", "to": ["a@example.org"]}, "no mail server is set; set STRATA_SMTP__HOST and STRATA_SMTP__FROM"),
    (
        {"means": "sftp", "server": "crm"},
        "no SFTP server crm is set; set STRATA_SFTP__CRM__HOST, STRATA_SFTP__CRM__USER, STRATA_SFTP__CRM__KEY and ",
    ),
    ({"means": "folder", "to": "ftp://somewhere"}, "no such kind of store; found 'ftp://'"),
]


@pytest.mark.parametrize(("means", "told"), WITHOUT)
def test_validate_and_doctor_name_a_means_that_lacks_a_setting(strata, own, monkeypatch, means, told):
    market, _, _ = own(team(deliver=[means]))
    found = strata("validate", "DE", "--profiles", market.profiles)
    assert found.code == 1
    assert f"team crm, {means['means']}: {told}" in found.out
    monkeypatch.setenv("STRATA_PROFILES", str(market.profiles))
    found = strata("doctor", "--publish", market.root)
    assert found.code == 1
    assert "delivery DE" in found.out
    assert "team crm" in " ".join(found.out.split())


@pytest.mark.usefixtures("letters", "sftp")
def test_validate_and_doctor_are_content_where_all_is_set(strata, own, monkeypatch, tmp_path):
    means = [{"means": "email", "to": ["a@example.org"]}, {"means": "sftp", "server": "crm"}]
    market, _, _ = own(team(deliver=[*means, {"means": "folder", "to": str(tmp_path / "f")}]))
    assert strata("validate", "DE", "--profiles", market.profiles).code == 0
    monkeypatch.setenv("STRATA_PROFILES", str(market.profiles))
    assert "3 means of teams have all they need" in " ".join(strata("doctor", "--publish", market.root).out.split())


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize(
    ("means", "grants", "told"),
    [
        ({"means": "email", "to": ["nobody"]}, (), "not an e-mail address"),
        ({"means": "email", "to": ["a@b"], "attach": True}, ("customers",), "lists of customers never travel"),
        ({"means": "link"}, (), "a folder has no links that expire"),
    ],
)
def test_what_could_never_be_delivered_is_a_fault_of_the_profile(market, means, grants, told):
    market.teams = [team(grants=grants, deliver=[means])]
    (fault,) = delivery_faults(Settings(), market.profile, str(market.root))
    assert told in fault
    assert "nobody" not in fault


# --- residency ---


@pytest.fixture
def zones(monkeypatch, tmp_path):
    """Zones eu and jp with a folder each."""
    for zone in ("eu", "jp"):
        monkeypatch.setenv(f"STRATA_ZONES__{zone.upper()}__PUBLISH", str(tmp_path / zone / "published"))
    return tmp_path


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("{zones}/jp/published/teams/crm", "this place is zone jp's"),
        ("s3://somewhere/crm", "this place is no zone's"),
    ],
)
def test_lists_do_not_leave_their_zone_and_aggregates_may(market, zones, to, told):
    """The sample's DE is of zone eu."""
    means = [{"means": "folder", "to": to.format(zones=zones)}]
    market.teams = [team(deliver=means)]
    market.publish()
    (found,) = deliver(market.order)
    assert (found.state, told in found.detail) == ("failed", True)
    assert "a market of zone eu must stay there" in found.detail
    assert [told in fault for fault in delivery_faults(Settings(), market.profile)] == [True]
    market.teams = [team("board", grants=(), deliver=means)]
    assert list(delivery_faults(Settings(), market.profile)) == []


def test_aggregates_may_go_to_another_zones_place(market, zones):
    market.teams = [team(grants=(), deliver=[{"means": "folder", "to": str(zones / "jp" / "published" / "crm")}])]
    market.publish()
    assert [one.state for one in deliver(market.order)] == ["delivered"]


@pytest.mark.usefixtures("zones")
def test_an_sftp_server_gets_lists_only_where_the_settings_say_it_stands_in_the_zone(market, sftp, monkeypatch):
    market.teams = [team(deliver=[{"means": "sftp", "server": "crm"}])]
    market.publish()
    assert "SFTP server crm is no zone's; set STRATA_SFTP__CRM__ZONE" in deliver(market.order)[0].detail
    monkeypatch.setenv("STRATA_SFTP__CRM__ZONE", "jp")
    assert "SFTP server crm is zone jp's" in deliver(market.order)[0].detail
    assert sftp.names == []
    monkeypatch.setenv("STRATA_SFTP__CRM__ZONE", "eu")
    assert [one.state for one in deliver(market.order)] == ["delivered"]
    assert len(sftp.names) == 2
