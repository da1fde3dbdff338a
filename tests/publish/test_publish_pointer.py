"""Which publication counts, which is current, and which successors have gone stale."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tasks.errors import PublicationError
from tasks.publish.pointer import Pointer, selecting, stale_successors

WHEN = datetime(2021, 3, 1, 4, 5, 6, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH = date(2021, 1, 31), date(2021, 2, 28), date(2021, 3, 31)


@pytest.fixture
def publishing(made):
    """A function that selects publications one after the other: each (as_of, seed, seed of the predecessor)."""

    def customers(seed, as_of):
        return made(seed, as_of)[1].customers

    def select(*steps):
        pointer, ids = None, []
        for as_of, seed, previous in steps:
            manifest = made(seed, as_of, previous and customers(previous, as_of))[1]
            pointer = selecting(pointer, manifest, who="ops", when=WHEN, why="test") or pointer
            ids.append(manifest.publication)
        return pointer, ids

    return select


def told(pointer):
    return [(event.event, event.as_of, event.publication) for event in pointer.events]


def test_the_first_publication_is_current(publishing):
    pointer, (id_,) = publishing(("2021-02-28", "a", None))
    assert (pointer.revision, pointer.current, pointer.publication) == (1, FEBRUARY, id_)
    assert told(pointer) == [("published", FEBRUARY, id_)]
    assert (pointer.events[0].who, pointer.events[0].when, pointer.events[0].why) == ("ops", WHEN, "test")


def test_current_moves_to_a_later_date_and_never_back(publishing):
    pointer, ids = publishing(("2021-02-28", "a", None), ("2021-03-31", "b", "a"), ("2021-01-31", "c", None))
    assert (pointer.revision, pointer.current, pointer.publication) == (3, MARCH, ids[1])
    assert pointer.selected == dict(zip((FEBRUARY, MARCH, JANUARY), ids, strict=True))


def test_the_same_date_again_supersedes(publishing):
    pointer, (old, new) = publishing(("2021-02-28", "a", None), ("2021-02-28", "b", None))
    assert (pointer.current, pointer.publication) == (FEBRUARY, new)
    assert told(pointer)[1:] == [("superseded", FEBRUARY, old), ("published", FEBRUARY, new)]


def test_the_same_publication_again_changes_nothing(publishing, made):
    pointer, _ = publishing(("2021-02-28", "a", None))
    assert selecting(pointer, made("a", "2021-02-28")[1], who="ops", when=WHEN) is None


def test_going_back_to_an_earlier_publication_of_a_date_is_published_again(publishing):
    pointer, (first, second, again) = publishing(*[("2021-02-28", seed, None) for seed in "aba"])
    assert first == again == pointer.publication
    assert told(pointer)[2:] == [
        ("published", FEBRUARY, second),
        ("superseded", FEBRUARY, second),
        ("published", FEBRUARY, first),
    ]


def test_an_id_that_an_erasure_renamed_is_still_the_same_publication(publishing, made):
    pointer, (id_,) = publishing(("2021-02-28", "a", None))
    renamed = pointer.model_copy(update={"selected": {FEBRUARY: f"{id_}-e1"}, "renamed": {id_: f"{id_}-e1"}})
    assert selecting(renamed, made("a", "2021-02-28")[1], who="ops", when=WHEN) is None


CHAIN = [("2021-01-31", "a", None), ("2021-02-28", "b", "a"), ("2021-03-31", "c", "b")]


@pytest.mark.parametrize(
    ("after", "stale"),
    [
        ([], ()),
        ([("2021-01-31", "A", None)], (FEBRUARY, MARCH)),
        ([("2021-02-28", "B", "a")], (MARCH,)),
        ([("2020-12-31", "z", None)], (JANUARY, FEBRUARY, MARCH)),
        ([("2021-01-31", "A", None), ("2021-02-28", "B", "A")], (MARCH,)),
        ([("2021-01-31", "A", None), ("2021-02-28", "B", "A"), ("2021-03-31", "C", "B")], ()),
    ],
    ids=["in order", "first redone", "second redone", "earlier one added", "being redone", "all redone"],
)
def test_later_dates_are_stale_once_an_earlier_one_is_republished(publishing, after, stale):
    pointer, _ = publishing(*CHAIN, *after)
    assert stale_successors(pointer) == stale


def test_a_predecessor_that_comes_out_the_same_again_makes_nothing_stale(publishing):
    pointer, _ = publishing(*CHAIN, ("2021-01-31", "A", None), ("2021-01-31", "a", None))
    assert stale_successors(pointer) == ()


def test_the_document_is_what_the_documentation_says(publishing):
    pointer, (id_,) = publishing(("2021-02-28", "a", None))
    text = pointer.to_bytes().decode()
    assert Pointer.from_bytes(text.encode(), "here") == pointer
    assert '"current": "2021-02-28",\n  "events": [' in text
    assert f'"selected": {{\n    "2021-02-28": "{id_}"\n  }}' in text
    assert '"when": "2021-03-01T04:05:06Z"' in text


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ((b'"revision"', b'"version"'), "revision: Field required"),
        ((b'"renamed"', b'"novelty": 1, "renamed"'), "novelty: Extra inputs are not permitted"),
        ((b'"current": "2021-02-28"', b'"current": "2021-03-31"'), "the current date has no publication"),
        ((b"{", b""), "Invalid JSON"),
    ],
)
def test_a_pointer_that_this_program_cannot_read_is_named_and_never_rewritten(publishing, damage, says):
    pointer, _ = publishing(("2021-02-28", "a", None))
    with pytest.raises(PublicationError, match=f"s3://b/current.json: not a pointer of this program: .*{says}"):
        Pointer.from_bytes(pointer.to_bytes().replace(*damage), "s3://b/current.json")
