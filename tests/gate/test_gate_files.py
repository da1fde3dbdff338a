"""A file of a drop that is not like the others: the gate names it, and the column that came in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.errors import DropError
from tests.gate.shop import Till, month_end, run

SECOND = "DE/sales/sales_2.csv"


@dataclass
class Three(Till):
    """The purchases in three files; `name`, a column, is called `other` in the second, or in all."""

    name: str = ""
    other: str = ""
    everywhere: bool = False

    def write(self, landing: Path) -> Path:
        super().write(landing)
        whole = landing / "DE" / "sales" / "sales.csv"
        header, *rows = whole.read_text("utf-8").splitlines()
        whole.unlink()
        for number in range(3):
            own = header.replace(self.name, self.other) if self.name and (number == 1 or self.everywhere) else header
            part = rows[number * len(rows) // 3 : (number + 1) * len(rows) // 3]
            (whole.parent / f"sales_{number + 1}.csv").write_text("\n".join([own, *part]) + "\n", encoding="utf-8")
        return landing


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Three good months."""
    root = tmp_path_factory.mktemp("three")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATA_WORK", str(root / "work"))
        states = [run(root, root / "published", Three(month_end(n)), f"m{n}").state for n in (1, 2, 3)]
    assert states == ["published"] * 3
    return root


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("amount", f"quarantined of transactions is 33.3%, expected at most 20.0%: amount:missing, {SECOND}"),
        ("store", f"(by 3 earlier publications): column_gone, {SECOND}"),
    ],
)
def test_a_column_renamed_in_one_of_several_files_is_told_with_the_file_and_the_new_name(
    shop, monkeypatch, column, says
):
    monkeypatch.setenv("STRATA_WORK", str(shop / "work"))
    outcome = run(shop, shop / "published", Three(month_end(4), name=column, other="betrag"), column)
    assert outcome.state == "held"
    assert [hint for hint in outcome.hints if hint.endswith(says)]
    assert "column_came of sales.betrag" in outcome.hints
    page = (shop / "published/country=DE/gate.html").read_text("utf-8")
    assert SECOND in page


def test_the_hint_of_a_held_drop_asks_for_a_better_one_before_an_approval(shop, monkeypatch):
    monkeypatch.setenv("STRATA_WORK", str(shop / "work"))
    outcome = run(shop, shop / "published", Three(month_end(4), name="amount", other="betrag"), "amount")
    todo = outcome.hints[-1]
    assert todo.index("gate.html") < todo.index("mended and run again") < todo.index("strata approve")


def test_faults_in_nearly_all_files_are_no_matter_of_files(shop, monkeypatch):
    monkeypatch.setenv("STRATA_WORK", str(shop / "work"))
    outcome = run(shop, shop / "published", Three(month_end(4), broken=0.5), "broken")
    assert outcome.state == "held"
    assert ".csv" not in " ".join(outcome.hints)


def test_where_no_file_has_a_column_the_error_asks_for_the_old_header_before_a_change_of_the_profile(shop, monkeypatch):
    monkeypatch.setenv("STRATA_WORK", str(shop / "work"))
    till = Three(month_end(4), name="amount", other="betrag", everywhere=True)
    with pytest.raises(DropError, match=r"column amount: .* betrag; ask the shop .* if the new one stays, write"):
        run(shop, shop / "published", till, "everywhere")
