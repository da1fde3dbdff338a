"""The same seed gives the same bytes, whatever else is generated beside it."""

from __future__ import annotations

import hashlib

import pytest

from tasks.errors import Terminal
from tasks.sample.generate import generate
from tasks.sample.specs import load

# One drop of each container: plain, gzip, zip, zstd with several markets, workbooks, Parquet, JSON Lines.
CONTAINERS = ["DE", "US", "JP", "benelux", "CN", "KR", "NG", "IN"]


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SAMPLE.json")
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    folder = tmp_path_factory.mktemp("together")
    generate(folder, markets=CONTAINERS, customers=300, seed=3)
    return digests(folder)


@pytest.mark.parametrize("market", CONTAINERS)
def test_a_market_alone_has_the_bytes_it_has_among_others(market, together, tmp_path):
    generate(tmp_path, markets=[market], customers=300, seed=3)
    assert digests(tmp_path) == {path: digest for path, digest in together.items() if path.startswith(f"{market}/")}


def test_another_seed_gives_other_purchases(together, tmp_path):
    generate(tmp_path, markets=["DE"], customers=300, seed=4)
    assert digests(tmp_path)["DE/umsaetze_2024.csv"] != together["DE/umsaetze_2024.csv"]


def test_a_market_of_a_shared_drop_brings_the_whole_drop(tmp_path):
    summary = generate(tmp_path, markets=["LU"], customers=50, seed=1)
    assert summary.markets == ("BE", "LU", "NL")


def test_an_unknown_market_is_refused_with_what_there_is(tmp_path):
    known = "codes of ISO 3166 such as DE, or one of benelux"
    with pytest.raises(Terminal, match=rf"no sample for this market; found 'XX'; expected {known}"):
        generate(tmp_path, markets=["DE", "XX"])


def test_sample_json_has_the_digest_of_every_file(tmp_path):
    summary = generate(tmp_path, markets=["MX", "EG"], customers=200, seed=1)
    told = {file["path"]: file["sha256"] for drop in summary.facts["drops"].values() for file in drop["files"]}
    assert told == digests(tmp_path)


@pytest.mark.parametrize("customers", [1, 3, 20])
def test_the_smallest_shops_have_all_their_tables(customers, tmp_path):
    summary = generate(tmp_path, markets=["DE", "IN", "US"], customers=customers, seed=2)
    for market in ("DE", "IN", "US"):
        assert summary.facts["drops"][market]["tables"].keys() == load(market).tables.keys()
