"""What customers say: after a purchase, with a return, in surveys; and what others know of their interests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tasks.sample.draws import pick
from tasks.sample.habits import favourite
from tasks.sample.people import NEVER
from tasks.sample.seasons import DAYS, day_of
from tasks.sample.shop import Lines, Longs, join
from tasks.sample.trail import Stretch, Trail, goods_only, later, some

SAID = ("message", "review", "rating", "nps", "complaint", "return")
RETURN_SAID = SAID.index("return")
#: How many times as likely goods that came back bring a reason as an order brings a word.
REASONS = 6
#: Pleasure from which on a text is a good one.
PLEASED = 0.5
#: Of the customers who have bought, those of whose interests something is known; of those, who have two.
KNOWN, TWO = 0.6, 0.4
#: Has no factor in common with DAYS: it spreads customers over the history.
SPREAD = 7919
#: Days in which the answers to a survey come in.
OPEN = 20


def feedback(trail: Trail, stretch: Stretch, rng: np.random.Generator) -> Iterator[Lines]:
    """Reviews, ratings, recommendations and complaints after orders; reasons of returns."""
    voices = trail.shop.spec.voices
    if voices is None:
        raise ValueError(trail.shop.spec.drop)
    orders, back = some(stretch.orders, voices.share, rng), some(stretch.back, voices.share * REASONS, rng)
    names = ("customer", "day", "order", "channel", "store", "product")
    receipts = {"order": back["returned"], "channel": back["returned_channel"]}
    size, returned = len(orders["day"]), len(back["day"])
    orders["day"] = later(orders, 8, stretch.end, rng)
    rows = join([{name: part[name] for name in names} for part in (orders, back | receipts)])
    kinds = np.array([SAID.index(kind) for kind in voices.kinds])
    rows["what"] = np.concatenate([kinds[pick(rng, voices.kinds, size)], np.full(returned, RETURN_SAID)])
    pleasure = trail.pleasure(rows["customer"], rng) - 0.5 * (rows["what"] == SAID.index("complaint"))
    starred = np.isin(rows["what"], (SAID.index("review"), SAID.index("rating")))
    says = np.isin(rows["what"], (SAID.index("message"), SAID.index("review"), SAID.index("complaint")))
    good, bad = len(voices.good), len(voices.bad)
    words = np.where(
        pleasure >= PLEASED, rng.integers(0, good, len(pleasure)), good + rng.integers(0, bad, len(pleasure))
    )
    yield rows | {
        "product": goods_only(rows["product"]),
        "order_channel": np.where(rows["order"] >= 0, rows["channel"], -1),
        "rating": np.where(starred, 1 + np.rint(pleasure * 4).astype(np.int64).clip(0, 4), -1),
        "nps": np.where(rows["what"] == SAID.index("nps"), np.rint(pleasure * 10).astype(np.int64).clip(0, 10), -1),
        "text": np.where(says, words, -1),
        "reason": np.where(rows["what"] == RETURN_SAID, rng.integers(0, len(voices.reasons), len(pleasure)), -1),
    }


def answers(trail: Trail, stretch: Stretch, rng: np.random.Generator) -> Iterator[Lines]:
    """The answers to each survey of those who had bought by then and took part; nobody answers twice."""
    people = trail.shop.people
    for survey, asked in enumerate(trail.shop.spec.surveys):
        day = day_of(asked.day)
        if not stretch.first <= day < stretch.end:
            continue
        here = (people.first < day) & (people.known["prefix"] == 0) & (people.first < NEVER)
        who = np.flatnonzero(here & (rng.random(len(people)) < asked.share)).astype(np.int64)
        came = np.minimum(day + rng.integers(0, OPEN, len(who)), stretch.end - 1)
        pleasure = trail.pleasure(who, rng)
        for number, (_, choices) in enumerate(asked.questions.items()):
            likes = favourite(who, len(choices or "?"))
            own = rng.random(len(who)) < 0.6  # noqa: PLR2004  # the others answer anything
            said = np.where(own, likes, rng.integers(0, len(choices or "?"), len(who)))
            yield {
                "customer": who,
                "day": came,
                "survey": np.full(len(who), survey),
                "question": np.full(len(who), number + offset(trail, survey)),
                "answer": np.full(len(who), -1) if choices is None else said + offset(trail, survey, number),
                "value": np.rint(pleasure * 10).astype(np.int64) if choices is None else np.full(len(who), -1),
            }


def offset(trail: Trail, survey: int, question: int | None = None) -> int:
    """How many questions there are before a survey, or answers before one of its questions: codes are of all."""
    surveys = trail.shop.spec.surveys
    if question is None:
        return sum(len(before.questions) for before in surveys[:survey])
    asked = [choices or () for before in surveys[:survey] for choices in before.questions.values()]
    return sum(map(len, [*asked, *[choices or () for choices in surveys[survey].questions.values()][:question]]))


def interests(trail: Trail, stretch: Stretch, rng: np.random.Generator) -> Iterator[Lines]:
    """One or two interests of some customers, the first near to what they like to buy, on a day of their own."""
    spec, people = trail.shop.spec, trail.shop.people
    who = _learned(len(people), stretch)
    who = who[(people.first[who] < NEVER) & (people.known["prefix"][who] == 0) & (who * 31 % 100 < KNOWN * 100)]
    first = favourite(who, len(spec.interests)).astype(np.int64)
    second = (first + 1 + rng.integers(0, len(spec.interests) - 1, len(who))) % len(spec.interests)
    sources = pick(rng, spec.sources, len(who)).astype(np.int64)
    for interest, share, least in ((first, 1.0, 50), (second, TWO, 10)):
        chosen = rng.random(len(who)) < share
        yield {
            "customer": who[chosen],
            "day": who[chosen] * SPREAD % DAYS,
            "interest": interest[chosen],
            "source": sources[chosen],
            "strength": _strength(least, int(chosen.sum()), rng),
        }


def _learned(size: int, stretch: Stretch) -> Longs:
    """Customers whose day lies in the stretch: without keeping or looking at the others' days."""
    days = np.arange(DAYS) * SPREAD % DAYS
    own = np.flatnonzero((days >= stretch.first) & (days < stretch.end))
    who: Longs = (own + DAYS * np.arange(-(-size // DAYS))[:, None]).ravel()
    return who[who < size]


def _strength(least: int, size: int, rng: np.random.Generator) -> Longs:
    return rng.integers(least, 100, size, dtype=np.int64)
