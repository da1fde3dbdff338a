"""tasks.objects.zones: each residency zone has its own buckets, server and keys."""

from __future__ import annotations

import pytest

from tasks.errors import Terminal
from tasks.objects import open_store
from tasks.objects.zones import Zones, server_of

SECRET = "hush-hush-hush"


@pytest.fixture
def environ(monkeypatch):
    """A function that sets variables; STRATA_ZONES__ is understood before each name."""

    def put(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"STRATA_ZONES__{name}", value)

    return put


def test_a_bucket_is_reached_as_its_zone_says_and_others_as_the_general_settings_say(environ, monkeypatch):
    monkeypatch.setenv("STRATA_S3_ENDPOINT", "https://s3.general.example")
    monkeypatch.setenv("STRATA_S3_ATTEMPTS", "3")
    environ(EU__PUBLISH="s3://strata-eu/published", EU__S3__ENDPOINT="https://s3.eu.example", EU__S3__REGION="eu-1")
    environ(CN__LANDING="s3://strata-cn", CN__S3__ADDRESSING="path")
    eu, cn, other = (server_of(uri) for uri in ("s3://strata-eu/landing", "s3://strata-cn/x", "s3://strata-eu-2/x"))
    assert (eu.endpoint, eu.region, eu.attempts) == ("https://s3.eu.example", "eu-1", 3)
    assert (cn.endpoint, cn.addressing) == ("https://s3.general.example", "path")
    assert (other.endpoint, other.region) == ("https://s3.general.example", None)


def test_one_json_object_says_the_same(monkeypatch, environ):
    monkeypatch.setenv("STRATA_ZONES", '{"eu": {"publish": "s3://strata-eu", "s3": {"region": "eu-1"}}}')
    environ(EU__S3__ENDPOINT="https://s3.eu.example")
    found = server_of("s3://strata-eu/published")
    assert (found.endpoint, found.region) == ("https://s3.eu.example", "eu-1")


def test_a_zones_own_keys_are_used_and_never_shown(environ):
    environ(EU__PUBLISH="s3://strata-eu", EU__S3__ACCESS_KEY_ID="reader", EU__S3__SECRET_ACCESS_KEY=SECRET)
    found = server_of("s3://strata-eu")
    assert found.keys == ("reader", SECRET, None)
    assert SECRET not in f"{found!r}{found}{Zones()!r}{Zones().model_dump_json()}{open_store('s3://strata-eu')!r}"
    credentials = open_store("s3://strata-eu")._client._request_signer._credentials  # noqa: SLF001 - no other way
    assert credentials.secret_key == SECRET


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"EU__PUBLSH": "s3://x"}, "STRATA_ZONES__EU__PUBLSH: Extra inputs are not permitted"),
        ({"EU__S3__SECRET_ACCESS_KEY": SECRET}, "access_key_id and secret_access_key go together"),
        ({"EU__S3__ADDRESSING": "sideways"}, "STRATA_ZONES__EU__S3__ADDRESSING: Input should be 'auto', 'path'"),
        ({"EU__PUBLISH": "s3://one/eu", "CN__LANDING": "s3://one/cn"}, "zones eu and cn share a bucket or folder"),
        ({"EU__PUBLISH": "/srv/strata", "CN__WORK": "/srv/strata/cn"}, "zones cn and eu share a bucket or folder"),
    ],
)
def test_what_is_wrong_is_told_by_variable_without_its_value(environ, variables, told):
    environ(**variables)
    with pytest.raises(Terminal) as caught:
        Zones()
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_broken_json_is_told_without_its_text(monkeypatch):
    monkeypatch.setenv("STRATA_ZONES", f'{{"eu": "{SECRET}')
    with pytest.raises(Terminal, match="STRATA_ZONES is no JSON object") as caught:
        Zones()
    assert SECRET not in str(caught.value)


def test_objects_of_two_zones_on_real_servers_need_no_general_settings(s3_server, s3_root, environ, monkeypatch):
    bucket = s3_root.removeprefix("s3://")
    for name in s3_server.environ:
        if name != "AWS_EC2_METADATA_DISABLED":
            monkeypatch.delenv(name)
    environ(
        EU__PUBLISH=f"s3://{bucket}",
        EU__S3__ENDPOINT=s3_server.endpoint,
        EU__S3__REGION="us-east-1",
        EU__S3__ADDRESSING="path",
        EU__S3__ACCESS_KEY_ID=s3_server.key,
        EU__S3__SECRET_ACCESS_KEY=s3_server.secret,
    )
    store = open_store(f"s3://{bucket}/published")
    store.put_new("a.txt", b"there")
    assert store.read("a.txt") == b"there"
