"""Business accounts: company, contracts, quotes; and what is predicted of every customer."""

from __future__ import annotations

from tasks.catalogue.trait import Trait

COMPANY_SIZES = ("micro", "small", "medium", "large")
CONTRACT_STATES = ("none", "active", "ending", "ended")
DECISION_STAGES = ("none", "quoted", "won", "lost")

BUSINESS: tuple[Trait, ...] = (
    Trait(
        "industry",
        "text",
        "section of ISIC Rev. 4, a letter",
        "from the code in ISIC, NACE or NAICS",
        "company",
        sources=("companies.industry",),
    ),
    Trait("industry_code", "text", "code", "as given, with its scheme", "company", sources=("companies.industry",)),
    Trait("employees", "integer", "people", "people employed", "company", sources=("companies.employees",)),
    Trait(
        "company_size",
        "text",
        "code",
        "micro below 10 people, small below 50, medium below 250 (EU recommendation 2003/361)",
        "company",
        sources=("companies.employees",),
        known=COMPANY_SIZES,
    ),
    Trait(
        "company_revenue",
        "money",
        "reporting currency, a year",
        "revenue of the company",
        "company",
        sources=("companies.revenue",),
    ),
    Trait("sites", "integer", "places", "places of business", "company", sources=("companies.sites",)),
    Trait(
        "company_group",
        "text",
        "code",
        "whether it belongs to another company or others to it",
        "company",
        sources=("companies.parent",),
        known=("yes", "no"),
    ),
    Trait("role", "text", "code", "of a contact in buying, as stated", "business", sources=("customers.role",)),
    Trait("contacts", "integer", "people", "contacts of the account", "business", sources=("customers.account",)),
    Trait(
        "order_cycle_days",
        "double",
        "days",
        "between an account's purchase days on average",
        "business",
        "lifetime",
        ("transactions",),
    ),
    Trait(
        "contract",
        "text",
        "code",
        "active; ending: within 90 days or its notice; ended: the last one is over",
        "business",
        sources=("contracts",),
        known=CONTRACT_STATES,
    ),
    Trait(
        "contract_ends",
        "date",
        "local date",
        "last day of the running contract",
        "business",
        sources=("contracts.ends",),
    ),
    Trait(
        "contract_worth",
        "money",
        "reporting currency, net, a year",
        "running contracts",
        "business",
        sources=("contracts.amount",),
    ),
    Trait(
        "decision_stage",
        "text",
        "code",
        "of the latest quotation: quoted while open and valid, won, lost (also where it ran out)",
        "business",
        "window",
        ("quotes",),
        known=DECISION_STAGES,
    ),
    Trait("quotes_open", "integer", "quotations", "open and valid", "business", "as_of", ("quotes",)),
    Trait(
        "quotes_worth",
        "money",
        "reporting currency, net",
        "of open and valid quotations",
        "business",
        "as_of",
        ("quotes.amount",),
    ),
    Trait("quote_win_share", "double", "share of quotations decided", "won", "business", "window", ("quotes.status",)),
)

PREDICTED: tuple[Trait, ...] = (
    Trait(
        "expected_purchases",
        "double",
        "purchase days",
        "expected within the prediction's horizon",
        "prediction",
        "horizon",
        ("transactions",),
    ),
    Trait(
        "alive",
        "double",
        "probability",
        "that the customer still buys from us; null where the model cannot say",
        "prediction",
        "as_of",
        ("transactions",),
    ),
    Trait(
        "churn_risk",
        "double",
        "probability",
        "of no purchase within the prediction's horizon",
        "prediction",
        "horizon",
        ("transactions",),
    ),
    Trait(
        "next_purchase_date",
        "date",
        "local date",
        "when the next purchase is expected; null beyond the horizon",
        "prediction",
        "horizon",
        ("transactions",),
    ),
    Trait(
        "expected_revenue",
        "money",
        "reporting currency, net, at prices of the as-of date",
        "expected net revenue within the prediction's horizon",
        "prediction",
        "horizon",
        ("transactions",),
    ),
    Trait(
        "lifetime_value",
        "money",
        "reporting currency, net of cost",
        "expected revenue times the profile's margin; null without one",
        "prediction",
        "horizon",
        ("transactions",),
    ),
    Trait(
        "cluster",
        "text",
        "code",
        "group of customers alike in the profile's cluster traits",
        "cluster",
        "window",
        ("transactions",),
    ),
    Trait(
        "holdout",
        "text",
        "code",
        "whether the customer is kept out of campaigns, to measure them",
        "holdout",
        known=("yes", "no"),
    ),
)

#: Of them, what the model of purchases says, and its backtest grades.
FROM_MODEL = frozenset(trait.name for trait in PREDICTED if trait.group == "prediction")
