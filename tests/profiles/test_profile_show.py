"""`profile show`, `schema`, `diff`."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from flows.commands.profile import app
from region_profiles.loader import list_markets, resolve
from region_profiles.reading import plain, read_file, read_yaml
from region_profiles.show import as_yaml, differences, quoted, schema

ROOT = Path(__file__).resolve().parents[2] / "region_profiles"
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())


@pytest.mark.parametrize("directory", [None, *EXAMPLES], ids=lambda path: "built_in" if path is None else path.name)
def test_what_is_shown_reads_back_as_the_same_profile(directory, tmp_path):
    for market in list_markets(directory):
        resolved = resolve(market, directory)
        file = tmp_path / f"{market}.yaml"
        file.write_text(as_yaml(resolved, origin=True), encoding="utf-8")
        assert resolve(market, file=file).digest == resolved.digest


def test_origin_stands_behind_each_value():
    result = CliRunner().invoke(app, ["show", "DE", "--origin"])
    lines = {line.split(" #")[0].strip(): line.split("# ")[-1] for line in result.stdout.splitlines()}
    assert lines["country: DE"] == "region_profiles/markets/de.yaml:2"
    assert lines["window: 24"].startswith("region_profiles/base.yaml:")
    assert lines["time_zone: Europe/Berlin"].startswith("region_profiles/territories.yaml:")
    assert lines["ecb_carry_days: 7"] == "default"


def test_every_layer_keeps_to_the_schema():
    """An editor must not underline what the loader takes; checked by an implementation of its own."""
    validator = jsonschema.Draft202012Validator(json.loads(CliRunner().invoke(app, ["schema"]).stdout))
    layers = [
        *ROOT.glob("base.yaml"),
        *ROOT.glob("regions/*.yaml"),
        *ROOT.rglob("markets/*.yaml"),
        *ROOT.glob("examples/*/base.yaml"),
    ]
    assert len(layers) > 30
    for path in layers:
        node, faults = read_file(path, path.name)
        assert not faults
        errors = [error.message for error in validator.iter_errors(json.loads(json.dumps(plain(node), default=str)))]
        assert errors == [], path


@pytest.mark.parametrize(
    "layer",
    [
        {"sources": {}},
        {"traits": {"window": "soon"}},
        {"dimensions": {"x": {"kind": "rules", "segments": [{"code": "a"}]}}},
        {"teams": [{"name": "crm"}]},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(layer):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(layer, schema())


def test_the_schema_takes_null_and_parts():
    jsonschema.validate(
        {"dimensions": {"value": {"kind": "tiers", "fallback": None}}, "gate": None, "extends": "europe"}, schema()
    )


def test_differences_are_told_in_words():
    said = differences(resolve("EG"), resolve("CH"))
    assert "market.time_zone is Africa/Cairo in EG, Europe/Zurich in CH" in said
    assert "market.weekend is [friday, saturday] in EG, [saturday, sunday] in CH" in said
    assert "market.currencies[EGP].since is 1885-11-14 in EG, not set in CH" in said
    assert not any(sentence.startswith("dimensions") for sentence in said)


def test_a_changed_rule_is_told_by_its_segments_name(tmp_path):
    (tmp_path / "markets").mkdir()
    rules = "dimensions: {tempo: {kind: rules, else: slow, segments: [{code: fast, when: recency_days < %d}]}}"
    for market, days in (("de", 30), ("fr", 60)):
        (tmp_path / "markets" / f"{market}.yaml").write_text(rules % days)
    said = differences(resolve("DE", tmp_path), resolve("FR", tmp_path))
    assert "dimensions.tempo.segments[fast].when is recency_days < 30 in DE, recency_days < 60 in FR" in said


def test_equal_profiles_do_not_differ():
    assert differences(resolve("DE"), resolve("DE")) == ()


AWKWARD = [
    *("", " ", "NO", "no", "true", "null", "~", "24", "0.5", "007", "2026-01-01", "a: b", "a #b", "[x]", "{y}", "- z"),
    *(
        "x,y",
        "Kd-Nr.",
        "店舗",
        "\t",
        "a\nb",
        '"',
        "\\",
        "'",
        "%Y",
        "@a",
        "`",
        "?",
        "*",
        "&a",
        "!t",
        "|",
        ">",
        "a:",
        ":a",
    ),
    *("\u200b", "\x85", "🛒", "\ufeff"),
]


@pytest.mark.parametrize("text", AWKWARD)
def test_quoted_text_reads_back(text):
    for line in (f"key: {quoted(text)}", f"key: [{quoted(text)}]", f"{quoted(text)}: [key]"):
        node, _ = read_yaml(line.encode(), "f")
        assert plain(node) in ({"key": text}, {"key": [text]}, {text: ["key"]})


def test_new_does_not_overwrite(tmp_path):
    target = tmp_path / "is.yaml"
    first = CliRunner().invoke(app, ["new", "IS", "--out", str(target)])
    assert first.exit_code == 0
    again = CliRunner().invoke(app, ["new", "IS", "--out", str(target)])
    assert "already there" in str(again.exception)
