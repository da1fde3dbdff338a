"""YAML as profiles read it: safe against hostile files, without the traps of YAML 1.1."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from region_profiles.reading import plain, read_yaml
from tasks.errors import ProfileError


def read(text):
    node, faults = read_yaml(text if isinstance(text, bytes) else text.encode(), "p.yaml")
    assert not faults
    return plain(node)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ('"true"', "true"),
        ("NA", "NA"),
        ("null", None),
        ("24", 24),
        ("-3", -3),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("1e5", "1e5"),
        (".5", ".5"),
        ("0.05", Decimal("0.05")),
        ("0.10", Decimal("0.10")),
        (".nan", ".nan"),
        ("2026-01-01", date(2026, 1, 1)),
        ("2026-1-1", "2026-1-1"),
        ("2026-01-01 10:00:00", "2026-01-01 10:00:00"),
        ("123456789012345678901234567890123", "123456789012345678901234567890123"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_scalars(text, value):
    found = read(f"key: {text}")["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_as_written():
    assert read("NO: 1\ntrue: 2\n1: 3\n2026-01-01: 4\n") == {"NO": 1, "true": 2, "1": 3, "2026-01-01": 4}


def test_merge_keys_do_not_merge():
    assert read("a: &a {x: 1}\nb: {<<: *a}") == {"a": {"x": 1}, "b": {"<<": {"x": 1}}}


def test_an_empty_file_is_an_empty_layer():
    assert read("") == {}
    assert read("# only a comment\n") == {}
    assert read(b"\xef\xbb\xbfa: 1") == {"a": 1}


def test_an_alias_repeats_its_anchor():
    assert read("a: &a [1]\nb: *a") == {"a": [1], "b": [1]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: !!python/name:os.system x", "tags are not allowed"),
        ("a: !!binary aGk=", "tags are not allowed"),
        ("a: !!str 24", "tags are not allowed"),
        ("!!map {a: 1}", "tags are not allowed"),
        ("a: " + "[" * 50 + "]" * 50, "nested too deeply"),
        ("a: [" + "x," * 20_001 + "x]", "too many values"),
        ("a: " + "x" * 1_000_001, "too large"),
        ("a: *b", "alias without an anchor"),
        ("a: 1\n...\n---\nb: 2", "more than one document"),
        ("{a: b", "is not YAML"),
        ("a: \x00", "is not YAML"),
        (b"\xff\xfea\x00", "is not UTF-8"),
    ],
)
def test_hostile_files_are_refused(content, words):
    with pytest.raises(ProfileError, match=words):
        read(content)


def test_billions_of_laughs_end_at_once():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    began = time.perf_counter()
    with pytest.raises(ProfileError, match="too many values") as caught:
        read("\n".join(lines))
    assert caught.value.line == 5, "10 + 100 + 1,000 + 10,000 values are the fifth line's"
    assert time.perf_counter() - began < 1


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_profile_error(text):
    with suppress(ProfileError):
        read_yaml(text.encode("utf-8", "surrogatepass"), "p.yaml")
