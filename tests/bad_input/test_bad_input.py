"""Each file of bad input, named after its fault, ends in a named error or in a balanced ledger, and says why.

The corpus: `drops/<table>/<fault>` stands in for that table's file in the drop of `drops/good`,
`profiles/faults/<fault>` for the market's profile, and `cases/*.yaml` says how each ends:

- `error`: the type, facts by name, and `says`: words that the message must hold.
- `ledger`: by table, rows read and kept, and the reasons of those that are not; tables not named are whole.
- `refused`: rows of the quarantine as `table, record, reasons, column, value`.
- `facts`: what inputs, notes, evidence and money must hold; `same`: canonical tables equal to the good drop's.
- `files`, `with`, `profile`, `market`, `as_of`, `env`, `to`: what is delivered, by which profile, how far the run goes.
"""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
import yaml

from tasks import errors
from tests.bad_input.made import MADE

HERE = Path(__file__).parent
CASES = {
    name: case
    for path in sorted((HERE / "cases").glob("*.yaml"))
    for name, case in yaml.safe_load(path.read_text()).items()
}
#: Rows of the good drop.
READ = {"customers": 5, "stores": 2, "transactions": 8}
OUTCOMES = ("duplicate", "filtered", "quarantined")
WHOLE = ("transactions", "customers", "stores")
#: Parts of the corpus' personal values: member numbers, names, emails, phones, births, a column that nobody mapped.
PERSONAL = ("kd70", "muster", "erika", "jörg", "amélie", "privat.example", "5550000", "17.04.", "-04-17", "allergie")


@pytest.mark.parametrize("name", CASES)
def test_bad_input_ends_as_its_case_says(name, shop, good, caplog, capfd, monkeypatch):
    case = CASES[name]
    for variable, value in case.get("env", {}).items():
        monkeypatch.setenv(variable, value.format(here=HERE))
    told = shop.run(name, case)
    printed = capfd.readouterr()
    told.text += caplog.text + printed.out + printed.err
    assert [part for part in PERSONAL if part in told.plain_text] == []
    if "error" in case:
        assert told.error is not None, f"no error, but {told.ledger}"
        check_error(told.error, case["error"])
    else:
        assert told.error is None, str(told.error)
        check_ledger(told.ledger, told.refused, case.get("ledger", {}))
        check_refused(told.refused, case.get("refused", []))
        assert_holds(told.facts, case.get("facts", {}))
        for table in case.get("same", []):
            assert canonical(told, table) == canonical(good, table)
        for table, row in case.get("holds", {}).items():
            assert any(
                row.items() <= {name: str(value) for name, value in one.items()}.items()
                for one in canonical(told, table)
            )


def check_error(error, expected):
    """The error is of this house and type, says where and what to do, and holds each promised word."""
    assert type(error) is getattr(errors, expected["type"])
    for part in expected["says"]:
        assert str(part) in str(error)
    for fact, value in expected.get("facts", {}).items():
        assert str(getattr(error, fact)) == str(value), fact
    assert [sign for sign in str(error) if unicodedata.category(sign) == "Cc" and sign != "\n"] == []
    told = getattr(error, "errors", (error,))
    assert all(one.hint or one.expected for one in told), f"nothing to act on: {error}"


def check_ledger(ledger, refused, expected):
    """Every row is accounted for, and the rows that are not kept stand under the promised reasons and no other."""
    assert {*WHOLE, *expected} <= set(ledger)
    for table, entry in ledger.items():
        assert entry["read"] == entry["kept"] + sum(entry[outcome] for outcome in OUTCOMES)
        assert entry["quarantined"] == len([row for row in refused if row["table"] == table])
        promised = expected.get(table, {})
        reasons = {outcome: promised[outcome] for outcome in OUTCOMES if outcome in promised}
        assert entry["reasons"] == reasons, table
        read = promised.get("read", READ.get(table))
        kept = promised.get("kept", read)
        assert (entry["read"], entry["kept"], entry["derived"]) == (read, kept, promised.get("derived", 0)), table


def check_refused(refused, expected):
    """The quarantine holds exactly these rows."""
    columns = ("table", "record", "reasons", "column", "value")
    assert [[row[column] for column in columns] for row in refused] == expected


def assert_holds(facts, expected):
    """Each promised fact is there; of texts and lists, the promised part."""
    for name, value in expected.items():
        assert name in facts, f"{name} is not among {sorted(facts)}"
        if isinstance(value, dict):
            assert_holds(facts[name], value)
        elif isinstance(value, list):
            assert [part for part in value if str(part) not in str(facts[name])] == [], facts[name]
        else:
            assert facts[name] == value, name


def canonical(told, table):
    """A canonical table without the place of its rows in the drop."""
    from tests.bad_input.conftest import rows

    found = sorted(rows(told.tables[table]), key=lambda row: (row["file"], row["record"]))
    return [{column: value for column, value in row.items() if column not in {"file", "record"}} for row in found]


def test_every_file_of_the_corpus_has_a_case():
    files = {str(path.relative_to(HERE / "drops")) for path in (HERE / "drops").rglob("*") if path.is_file()}
    used = {source for case in CASES.values() for key in ("files", "with") for source in (case.get(key) or {}).values()}
    assert files | set(MADE) == {name for name in CASES if name in files | set(MADE)} | used | {
        f"good/{table}.csv" for table in ("sales", "customers", "stores")
    }
    faults = {f"faults/{path.name}" for path in (HERE / "profiles" / "faults").iterdir()}
    assert faults == {case["profile"] for case in CASES.values() if isinstance(case.get("profile"), str)}


def test_there_are_at_least_forty_kinds_and_each_promises_something():
    assert len(CASES) >= 40
    promises = {"error", "ledger", "refused", "facts", "same", "holds"}
    assert [name for name, case in CASES.items() if not promises & set(case)] == []


def test_the_good_drop_is_whole_and_holds_what_must_not_be_told(good):
    check_ledger(good.ledger, good.refused, {})
    assert good.refused == []
    text = str([canonical(good, table) for table in WHOLE]).casefold()
    assert [part for part in ("kd70", "muster", "erika", "privat.example", "5550000") if part not in text] == []


def test_a_name_that_is_a_formula_is_text_in_every_export(shop):
    shop.run("customers/name_is_a_formula.csv", {"to": "publish"})
    files = [path for path in (shop.root / "publish").rglob("*.csv") if path.parent.name == "customers"]
    cells = [
        cell
        for path in files
        for row in csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";")
        for cell in row
    ]
    assert [cell for cell in cells if "HYPERLINK" in cell]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
