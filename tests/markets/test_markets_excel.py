"""The tests' own table of Excel's cultures is that of Windows, not a copy of the program's."""

from __future__ import annotations

from tests.markets.excel import CULTURES

LETTERS = (("yyyy", "%Y"), ("yy", "%Y"), ("MM", "%m"), ("M", "%m"), ("dd", "%d"), ("d", "%d"))


def strptime_of(pattern):
    """.NET's short date without words, years in full."""
    pattern, done = pattern.split(" '")[0], ""
    while pattern:
        net, python = next((pair for pair in LETTERS if pattern.startswith(pair[0])), (pattern[0], pattern[0]))
        done, pattern = done + python, pattern.removeprefix(net)
    return done


def test_the_cultures_are_those_of_windows(shared_data):
    lines = shared_data("reference/windows_cultures.tsv").read_text("utf-8").splitlines()
    windows = {}
    for name, separator, decimal, *_, short in (line.split("\t")[:8] for line in lines if line.count("\t") > 6):
        windows[name] = (separator, decimal, strptime_of(short))
    known = {name: signs for name, signs in CULTURES.items() if name.replace("-Hans", "") in windows}
    assert len(known) == 27
    assert known == {name: windows[name.replace("-Hans", "")] for name in known}
