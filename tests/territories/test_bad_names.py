"""Names that no cell is made for come out of the CSV as they went in, and the run says what it must."""

from __future__ import annotations

import csv
import io

import pytest

from tasks.export.dialect import excel_dialect

pytestmark = pytest.mark.slow

#: Excel's own limit: characters in one cell.
CELL = 32_767


def read_back(market, locale, path):
    """The rows as an Excel of that locale splits them."""
    text = market.text(path).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=excel_dialect(locale).separator, strict=True))


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        # U+0338 would make the separator's neighbour `≠` of `=`; it stands behind the separator and stays itself.
        pytest.param(("\u0301\u0300", "\u0338"), {"\u0338 \u0301\u0300", "\u0338\u0301\u0300"}, id="combining marks"),
        # CSV has no limit: the text is whole. Excel cuts what it opens at 32,767 characters; the file does not.
        pytest.param(("ß" * (CELL + 1), "Ö"), {"Ö " + "ß" * (CELL + 1)}, id="longer than a cell"),
        pytest.param(('=1+1";\n', "+49"), {"'+49 =1+1\";", "'+49 =1+1\";\n"}, id="a formula with signs of CSV"),
    ],
)
def test_a_strange_name_stays_whole_in_its_one_cell(names, shown, world):
    market = world.run("LI", names=names)
    assert market.state == "published"
    (path,) = (one for one in market.paths("de-LI", "customers/") if one.endswith("_customers.csv"))
    head, *body = read_back(market, "de-LI", path)
    assert len(body) == market.people
    assert {len(row) for row in body} == {len(head)}
    cells = {cell for row in body for cell in row}
    assert cells & shown
    notes = market.manifest["notes"]["exports"]["locales"]
    assert any(f"a spreadsheet cuts them at {CELL}" in note for note in notes) == (len(names[0]) > CELL)
