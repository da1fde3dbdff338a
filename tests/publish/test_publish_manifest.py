"""The manifest follows from its id, and the id from everything that a byte depends on."""

from __future__ import annotations

from datetime import date

import pytest

from tasks.errors import PublicationError
from tasks.publish.manifest import Input, Manifest, exports_of, publication_id
from tasks.records import InputFile

IDENTITY = {
    "country": "DE",
    "as_of": date(2021, 2, 20),
    "inputs": [("customers", "DE/kunden.csv", "a" * 64), ("transactions", "DE/bons.csv", "b" * 64)],
    "profile": "c" * 64,
    "references": {"ecb": "d" * 64, "ppp": "e" * 64},
    "tombstones": None,
    "pseudonym_key": "f" * 16,
    "output_version": 1,
    "previous": None,
}


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("country", "AT"),
        ("as_of", date(2021, 2, 21)),
        ("inputs", [("customers", "DE/kunden.csv", "0" * 64), *IDENTITY["inputs"][1:]]),
        ("inputs", [("customers", "DE/kunden2.csv", "a" * 64), *IDENTITY["inputs"][1:]]),
        ("inputs", IDENTITY["inputs"][::-1]),
        ("inputs", IDENTITY["inputs"][:1]),
        ("profile", "0" * 64),
        ("references", {"ecb": "d" * 64}),
        ("tombstones", "0" * 64),
        ("pseudonym_key", "0" * 16),
        ("output_version", 2),
        ("previous", "0" * 64),
    ],
)
def test_each_ingredient_changes_the_id(what, other):
    assert publication_id(**{**IDENTITY, what: other}) != publication_id(**IDENTITY)


def test_the_order_in_which_references_were_used_does_not_matter():
    turned = {**IDENTITY, "references": dict(reversed(IDENTITY["references"].items()))}
    assert publication_id(**turned) == publication_id(**IDENTITY)


def test_the_same_publication_has_the_same_manifest_byte_for_byte(made):
    first, second = made("a")[1], made("a")[1]
    assert first.to_bytes() == second.to_bytes()
    assert Manifest.from_bytes(first.to_bytes(), "here") == first
    assert first.derived_id() == first.publication


def test_exports_are_named_with_size_digest_rows_and_locale(tmp_path):
    (tmp_path / "canonical").mkdir()
    (tmp_path / "de-DE" / "customers").mkdir(parents=True)
    (tmp_path / "canonical" / "customers.parquet").write_bytes(b"abc")
    (tmp_path / "de-DE" / "customers" / "DE.csv").write_bytes(b"")
    (tmp_path / "tags.csv").write_bytes(b"")
    canonical, local, plain = exports_of(tmp_path, {"canonical/customers.parquet": 3})
    # sha256 of "abc": FIPS 180-4, example of the appendix.
    assert canonical.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (canonical.path, canonical.locale, canonical.bytes, canonical.rows) == (
        "canonical/customers.parquet", None, 3, 3,
    )  # fmt: skip
    assert (local.path, local.locale, local.rows) == ("de-DE/customers/DE.csv", "de-DE", None)
    assert (plain.path, plain.locale) == ("tags.csv", None)


def test_rows_of_a_file_that_is_not_staged_are_refused(tmp_path):
    with pytest.raises(PublicationError, match=r"not staged.*absent\.csv"):
        exports_of(tmp_path, {"absent.csv": 3})


@pytest.mark.parametrize("uri", ["/srv/landing/DE/kunden.csv", "s3://landing/DE/kunden.csv"])
def test_an_input_is_named_by_its_key_so_that_a_landing_may_move(uri):
    file = InputFile(0, "customers", uri, "a" * 64, 1, 1, "utf-8", {"delimiter": ";"})
    with pytest.raises(PublicationError, match="below the landing"):
        Input.of(file)


def test_an_input_keeps_what_ingest_found():
    file = InputFile(0, "customers", "DE/kunden.csv", "a" * 64, 1, 1, "cp1252", {"delimiter": ";"}, {"date": "dmy"})
    entry = Input.of(file)
    assert (entry.uri, entry.encoding, entry.dialect, entry.inferred) == (
        "DE/kunden.csv", "cp1252", {"delimiter": ";"}, {"date": "dmy"},
    )  # fmt: skip
