"""Business customers: which rows are accounts, and which are the people who work there."""

from __future__ import annotations

import numpy as np

from tasks.sample.draws import Ints
from tasks.sample.spec import MarketSpec

PERSON, ACCOUNT, CONTACT = range(3)
#: Code of a consent that nobody asked for: an objection to be profiled is a person's.
UNKNOWN = 2
#: Of fewer customers none is an account.
FEWEST = 20
#: Code of a gender that is not given: an account has none.
NO_GENDER = 3


def company_names(spec: MarketSpec) -> list[str]:
    """Names of companies, made of the market's family names."""
    forms = () if spec.business is None else spec.business.names
    return [form.format(family=family) for family in spec.people.groups[0].family for form in forms]


def add_business(spec: MarketSpec, rng: np.random.Generator, known: dict[str, Ints]) -> None:
    """Make some of the customers accounts and their contacts; `known` gets type, account, company and role.

    They lie together behind the first third: away from the test accounts and corrections at the top, and from the
    second accounts at the end.
    """
    size = len(known["customer"])
    for name, value in (("type", PERSON), ("account", -1), ("company", -1), ("role", -1)):
        known[name] = np.full(size, value, dtype=np.int32)
    if spec.business is None or size < FEWEST:
        return
    count, each = max(int(size * spec.business.accounts), 2), spec.business.contacts
    accounts = size // 3 + np.arange(count)
    contacts = size // 3 + count + np.arange(count * each)
    works = accounts[np.arange(count * each) // each]
    absent = rng.random(count * each) < 0.3  # noqa: PLR2004  # small companies have fewer contacts: these are people
    contacts, works = contacts[~absent], works[~absent]
    known["type"][accounts], known["type"][contacts] = ACCOUNT, CONTACT
    known["account"][contacts] = works
    known["company"][accounts] = np.arange(count) % len(company_names(spec))
    known["role"][contacts] = rng.integers(0, len(spec.business.roles), len(contacts))
    both = np.concatenate([accounts, contacts])
    for name in ("visitor", "employee", "deceased"):
        known[name][both] = 0
    if "consent_profiling" in known:
        known["consent_profiling"][accounts] = UNKNOWN
    known["registered"][accounts] = np.minimum(known["registered"][accounts], 400)
    for name in ("given", "family", "birth"):
        known[name][accounts] = -1
    known["gender"][accounts] = NO_GENDER
