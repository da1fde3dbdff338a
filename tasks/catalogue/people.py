"""Demography, place, culture: who people are and where they live."""

from __future__ import annotations

from tasks.catalogue.trait import Trait

AGE_BANDS = ("minor", "18_24", "25_34", "35_44", "45_54", "55_64", "65_plus")
LIFE_STAGES = ("young_adult", "couple", "single", "young_family", "family", "empty_nest", "senior")
CITY_SIZES = ("village", "town", "city", "large_city", "metropolis")
AREAS = ("urban", "suburban", "rural")

PEOPLE: tuple[Trait, ...] = (
    Trait(
        "age_band",
        "text",
        "years",
        "age at the as-of date, as far as the year of birth tells",
        "demography",
        sources=("customers.birth_year",),
        sensitive=("age",),
        known=AGE_BANDS,
    ),
    Trait(
        "life_stage",
        "text",
        "code",
        "from age, household and children as stated",
        "demography",
        sources=("customers.birth_year", "customers.household"),
        sensitive=("age", "family"),
        known=LIFE_STAGES,
    ),
    Trait(
        "household",
        "integer",
        "people",
        "people in the household, as stated",
        "demography",
        sources=("customers.household",),
        sensitive=("family",),
    ),
    Trait(
        "children",
        "integer",
        "people",
        "children in the household, as stated",
        "demography",
        sources=("customers.children",),
        sensitive=("family",),
    ),
    Trait(
        "education",
        "text",
        "code",
        "as stated",
        "demography",
        sources=("customers.education",),
        sensitive=("education",),
    ),
    Trait(
        "occupation",
        "text",
        "code",
        "as stated",
        "demography",
        sources=("customers.occupation",),
        sensitive=("occupation",),
    ),
    Trait(
        "income_band",
        "text",
        "code",
        "as stated",
        "demography",
        sources=("customers.income_band",),
        sensitive=("income",),
    ),
    Trait(
        "subdivision",
        "text",
        "name",
        "state, province or prefecture as the store wrote it",
        "place",
        sources=("customers.subdivision",),
    ),
    Trait(
        "postcode_area",
        "text",
        "beginning of the postcode",
        "as many signs of the postcode as the profile's `traits.postcode_signs` says",
        "place",
        sources=("customers.postcode",),
        sensitive=("location",),
    ),
    Trait(
        "city_population",
        "integer",
        "inhabitants",
        "of the city, by the market's table of places",
        "place",
        sources=("customers.city", "places.population"),
    ),
    Trait(
        "city_size",
        "text",
        "code",
        "village below 5,000 inhabitants, town below 50,000, city below 250,000, large city below 1 million",
        "place",
        sources=("customers.city", "places.population"),
        known=CITY_SIZES,
    ),
    Trait(
        "area",
        "text",
        "code",
        "urban, suburban or rural, by the market's table of places alone",
        "place",
        sources=("places.area",),
        known=AREAS,
    ),
    Trait(
        "home_store_km",
        "double",
        "kilometres",
        "great circle from the place of residence to the home store, stated or where most was bought",
        "place",
        sources=("places.latitude", "stores.latitude"),
        sensitive=("location",),
    ),
    Trait(
        "language_local",
        "text",
        "code",
        "whether the language is one of the market's own",
        "culture",
        known=("yes", "no"),
    ),
)
