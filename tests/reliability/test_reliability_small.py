"""The measurements of `make reliability`, small: the same code, some kills, one run of each kind of fault."""

from __future__ import annotations

import secrets

import pytest

from benchmarks.reliability.faults import fail
from benchmarks.reliability.kills import kill
from benchmarks.reliability.proxy import FAULTS
from benchmarks.reliability.races import WRITERS, race, refused
from tasks.sample.generate import generate
from tests.deaths import started
from tests.workers import Runner, differing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def landings(tmp_path_factory):
    """Two drops of DE."""
    drop = tmp_path_factory.mktemp("drop")
    generate(drop, markets=("DE",), customers=60, seed=1)
    return differing(drop / "DE", [tmp_path_factory.mktemp(name) for name in ("even", "odd")])


def test_runs_killed_at_random_instants_show_no_mixture_lose_no_row_and_leave_nothing_to_do(landings, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environ = {"STRATA_PSEUDONYM_KEY": secrets.token_hex(16), "TMPDIR": str(temporary)}
    with started("tests.orchestration.market_worker", **environ) as process:
        killed = kill(Runner(process, landings), tmp_path, temporary, 14, print)
    assert killed.told == []
    assert killed.good
    assert killed.kills >= 14
    assert killed.publications >= 5
    assert killed.reads > 10


SOME = (
    "503 SlowDown",
    "reset in mid-body",
    "412 of one's own lost write",
    "400 ExpiredToken",
    "507 InsufficientStorage",
)


def test_runs_of_which_a_fifth_of_the_requests_fails_end_complete_or_say_why(landings, s3_server, s3_root, tmp_path):
    assert s3_root  # the environment leads to the server
    some = [fault for fault in FAULTS if fault.name.startswith(SOME)]
    assert len(some) == len(SOME)
    found, _ = fail(s3_server, landings, tmp_path, len(some) + 1, secrets.token_hex(16), print, some)
    assert [one.told for one in found if one.told] == []
    assert all(one.good and one.failed for one in found)
    assert {one.fault for one in found if one.terminal} == {fault.name for fault in some if fault.lasting}


def test_eight_writers_of_one_market_have_one_winner(tmp_path):
    raced = race(str(tmp_path / "published"), tmp_path, 2, print)
    assert raced.told == []
    assert (raced.rounds, raced.publications) == (2, 2 * (WRITERS + 1))


def test_eight_writers_on_a_store_without_compare_and_swap_are_refused_by_name(s3_server, s3_root, tmp_path):
    raced = refused(s3_root, tmp_path, s3_server.environ)
    assert raced.told == []
    assert "If-Match is not implemented" in raced.refused
