"""Demography and place: age, household, city, distance to the home store."""

from __future__ import annotations

from itertools import pairwise
from math import pi

import ibis
import ibis.expr.types as ir

from tasks.catalogue.people import AGE_BANDS, CITY_SIZES
from tasks.traits.blocks.common import wanted
from tasks.traits.blocks.setting import Block, Setting

_AGES = (0, 18, 25, 35, 45, 55, 65)
#: Inhabitants from which a place is a town, a city, ...: towns begin at 5,000 and cities at 50,000 by Eurostat's degree
#: of urbanisation, metropolitan areas at 250,000 and large ones at 1 million in the OECD's classes.
_INHABITANTS = (0, 5_000, 50_000, 250_000, 1_000_000)
#: Mean radius of the earth, IUGG.
_EARTH_KM = 6371.0088
#: Degrees of the place of residence, beside the traits of `place`.
AT = ("living_latitude", "living_longitude")
_CHILD, _ADULT, _MATURE, _OLD = 18, 35, 55, 65


def _banded(value: ir.Value, borders: tuple[int, ...], codes: tuple[str, ...]) -> ir.Value:
    """The code of the band that a value lies in; null without one."""
    cases = [
        ((value >= low) & (value < high), code)
        for (low, high), code in zip(pairwise((*borders, 1 << 40)), codes, strict=True)
    ]
    return ibis.cases(*cases, else_=ibis.null("string"))


def demography(setting: Setting) -> ir.Table:
    """Traits of the group demography, as stated; age is that of the year's end, so at most a year more than true.

    Life stages: young_family with children and an adult below 35, family with children, else by age and household:
    young_adult below 35, single or couple below 55, empty_nest below 65, senior.
    """
    people = setting.tables["customers"]
    age = setting.as_of.year - people.birth_year
    children = people.children.fill_null(0)
    household = people.household.fill_null(0)
    stage = ibis.cases(
        (age.isnull() | (age < _CHILD), ibis.null("string")),
        ((children > 0) & (age < _ADULT), "young_family"),
        (children > 0, "family"),
        (age < _ADULT, "young_adult"),
        ((age < _MATURE) & (household == 1), "single"),
        ((age < _MATURE) & (household > 1), "couple"),
        ((age >= _MATURE) & (age < _OLD), "empty_nest"),
        (age >= _OLD, "senior"),
        else_=ibis.null("string"),
    )
    columns = {"age_band": _banded(age, _AGES, AGE_BANDS), "life_stage": stage}
    columns |= {name: people[name] for name in ("household", "children", "education", "occupation", "income_band")}
    return people.select("member_number", **wanted(setting, "demography", columns))


def place(setting: Setting) -> ir.Table:
    """Traits of the group place: what the market's table of places says of postcode and city, postcode first.

    Where the distance to the home store can be told, also AT, from which `with_distance` takes it: which store that is
    follows from purchases, too.
    """
    people = setting.tables["customers"]
    signs = setting.profile.traits.postcode_signs
    bare = people.postcode.upper().re_replace("[^0-9A-Z]", "")
    columns = {"subdivision": people.subdivision, "postcode_area": bare.substr(0, signs).nullif("")}
    if "places" not in setting.tables:
        return people.select("member_number", **wanted(setting, "place", columns))
    keyed = people.select(
        "member_number",
        place_country=people.home_country.fill_null(setting.profile.market.country),
        postal=bare,
        town=_folded(people.city),
        **columns,
    )
    found = _placed(setting, keyed)
    columns = {
        "subdivision": found.subdivision,
        "postcode_area": found.postcode_area,
        "city_population": found.population,
        "city_size": _banded(found.population, _INHABITANTS, CITY_SIZES),
        "area": found.area,
    }
    near = any(trait.name == "home_store_km" for trait in setting.wanted("place"))
    at = dict(zip(AT, (found.latitude, found.longitude), strict=True)) if near else {}
    return found.select("member_number", **wanted(setting, "place", columns), **at)


def with_distance(setting: Setting, customers: ir.Table) -> ir.Table:
    """Customers with `home_store` and AT, which becomes `home_store_km`; as they are where no distance can be told."""
    if not {*AT} <= {*customers.columns}:
        return customers
    stores = setting.tables["stores"]
    stores = stores.select(
        at_store="store_id",
        store_latitude=stores.latitude.cast("float64"),
        store_longitude=stores.longitude.cast("float64"),
    )
    found = customers.left_join(stores, customers.home_store == stores.at_store)
    distance = _kilometres(found[AT[0]], found[AT[1]], found.store_latitude, found.store_longitude)
    return found.mutate(home_store_km=distance).drop(*AT, "at_store", "store_latitude", "store_longitude")


def _folded(text: ir.Value) -> ir.Value:
    return text.lower().strip()


def _placed(setting: Setting, people: ir.Table) -> ir.Table:
    """People with population, area and coordinates of their place: by postcode and city, by postcode, by city."""
    places = setting.tables["places"]
    places = places.select(
        p_country=places.country.fill_null(setting.profile.market.country),
        p_postal=places.postcode.upper().re_replace("[^0-9A-Z]", ""),
        p_town=_folded(places.city),
        population=places.population,
        area=places.area,
        latitude=places.latitude.cast("float64"),
        longitude=places.longitude.cast("float64"),
    )
    facts = ("population", "area", "latitude", "longitude")
    keys = {"postal": places.filter(places.p_postal.notnull()), "town": places.filter(places.p_town.notnull())}
    for key, table in keys.items():
        # Where a key has several rows, what they agree on is known: the rest is not.
        agreed = table.group_by("p_country", f"p_{key}").agg(
            **{f"{key}_{fact}": ibis.ifelse(table[fact].nunique() == 1, table[fact].min(), None) for fact in facts}
        )
        on = [people.place_country == agreed.p_country, people[key] == agreed[f"p_{key}"]]
        people = people.left_join(agreed, on).drop("p_country", f"p_{key}")
    known = {fact: ibis.coalesce(people[f"postal_{fact}"], people[f"town_{fact}"]) for fact in facts}
    return people.mutate(**known).drop(*(f"{key}_{fact}" for key in keys for fact in facts))


def _kilometres(lat1: ir.Value, lon1: ir.Value, lat2: ir.Value, lon2: ir.Value) -> ir.Value:
    """Great circle by the haversine (Sinnott 1984), to a tenth of a kilometre."""
    one, two, three, four = (value * (pi / 180) for value in (lat1, lon1, lat2, lon2))
    half = ((three - one) / 2).sin() ** 2 + one.cos() * three.cos() * ((four - two) / 2).sin() ** 2
    reached = ibis.ifelse(half > 1, ibis.literal(1.0), half)  # rounding may pass 1 between antipodes; null stays null
    return (2 * _EARTH_KM * reached.sqrt().asin()).round(1)


def culture(setting: Setting) -> ir.Table:
    """Whether the customer's language is one of the market's own, whatever its region or script."""
    people = setting.tables["customers"]
    own = sorted({tag.split("-")[0] for tag in setting.profile.market.languages})
    base = people.language.split("-")[0]
    local = ibis.ifelse(people.language.isnull(), ibis.null("string"), ibis.ifelse(base.isin(own), "yes", "no"))
    return people.select("member_number", **wanted(setting, "culture", {"language_local": local}))


DEMOGRAPHY = Block(("demography",), demography, own=True)
PLACE = Block(("place",), place, own=True)
CULTURE = Block(("culture",), culture, own=True)
