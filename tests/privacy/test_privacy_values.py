"""Masks, pseudonyms and tombstones say the same in Python and in DuckDB, and give nothing away."""

from __future__ import annotations

import duckdb
import pytest

from tasks.errors import Terminal
from tasks.privacy.mask import LIMIT, mask, mask_sql
from tasks.privacy.pseudonyms import forget_key, key_fingerprint, pseudonym, pseudonym_sql, use_key
from tasks.privacy.tombstones import erased_sql, parse_tombstones, salted_digest


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.parametrize(
    "text", ["Jürgen Groß", "田中 花子", "محمد ٣", "a@b.example", "+49 151", "ǅungla", "é", "", "x" * 60, "Ⅷ½"]
)
def test_masks_are_equal_and_keep_no_letter_and_no_digit(con, text):
    masked = mask(text)
    assert con.execute(f"SELECT {mask_sql('v')} FROM (SELECT ? AS v)", [text]).fetchone() == (masked,)
    assert {sign for sign in masked if sign.isalnum()} <= {"A", "a", "9"}
    assert len(masked) <= LIMIT + 1


@pytest.mark.parametrize("key", [None, "", "short", "k" * 64, "long " * 40, "schlüssel"])
@pytest.mark.parametrize("member", ["0012", "ü", "a\x1fb"])
def test_pseudonyms_are_equal(con, key, member):
    use_key(con, key)
    found = con.execute(f"SELECT {pseudonym_sql('DE', 'm')} FROM (SELECT ? AS m)", [member]).fetchone()
    assert found == (pseudonym(key, "DE", member),)


def test_a_forgotten_key_is_no_longer_in_the_session(con):
    use_key(con, "secret")
    forget_key(con)
    assert con.execute(f"SELECT {pseudonym_sql('DE', 'm')} FROM (SELECT '1' AS m)").fetchone() == (None,)


def test_the_fingerprint_tells_keys_apart_and_not_what_they_are():
    assert key_fingerprint("a") != key_fingerprint("b")
    assert key_fingerprint("") == key_fingerprint(None) == "none"


def test_tombstones_of_both_forms_find_their_customer_only(con):
    stones = parse_tombstones([pseudonym("k", "DE", "1"), salted_digest("s", "DE", "2"), "  "])
    use_key(con, "k")
    condition = erased_sql(stones, "DE", pseudonym_sql("DE", "m"), "m")
    found = con.execute(f"SELECT m FROM (VALUES ('1'), ('2'), ('3')) t(m) WHERE {condition}").fetchall()
    assert found == [("1",), ("2",)]


@pytest.mark.parametrize("entry", ["Jane Doe", "0012", "sha256:salt:abc", "SHA256:s:" + "0" * 64])
def test_a_tombstone_of_neither_form_is_an_error_that_does_not_repeat_it(entry):
    with pytest.raises(Terminal) as error:
        parse_tombstones(["0" * 32, entry])
    assert error.value.record == 2
    assert entry not in str(error.value)
