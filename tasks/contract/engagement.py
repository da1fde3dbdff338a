"""What customers did and said beside buying."""

from __future__ import annotations

from tasks.contract.columns import DATED, LOCAL, MEMBER, PROVENANCE, WHOSE, Column, Table, derived

FEEDBACK = Table(
    "feedback",
    "one thing that a customer said: a message, a review, a rating, the reason of a return",
    ("feedback_id",),
    (
        Column("feedback_id", "text", "its number, where the store gives one"),
        Column("member_number", "text", "who wrote it; null is nobody known", personal=True),
        Column("date", "date", "local date it was written (input only: becomes local_date)", required=True),
        Column("channel", "text", "by which way it came, as the profile maps it"),
        Column(
            "kind",
            "code",
            "what it is; message where none is mapped",
            codes=("message", "review", "rating", "nps", "complaint", "return"),
        ),
        Column("rating", "decimal", "as given, on the scale from `rating_lowest` to `rating_highest`"),
        Column("rating_lowest", "decimal", "lowest mark of the scale; 1 where none is mapped"),
        Column("rating_highest", "decimal", "highest mark of the scale; 5 where none is mapped"),
        Column("nps", "integer", "how likely to recommend us, 0 to 10"),
        Column("reason", "text", "reason of a return or a complaint, as the profile maps it"),
        Column("order_id", "text", "order it is about"),
        Column("product_id", "text", "product it is about"),
        Column("store_id", "text", "store it is about"),
        Column("text", "text", "what was written (input only: the customer's language is read from it)", personal=True),
        derived("local_date", "date", "local date it was written"),
        *PROVENANCE,
    ),
)

EVENTS = Table(
    "events",
    "one online event: a page seen, a search, something put into the cart",
    ("event_id",),
    (
        Column("event_id", "text", "its number, where the shop gives one"),
        MEMBER,
        DATED,
        Column("session_id", "text", "visit it belongs to"),
        Column("channel", "text", "web, app ... as the profile maps it"),
        Column(
            "kind",
            "code",
            "what happened",
            required=True,
            codes=("session", "view", "search", "cart", "cart_remove", "checkout", "purchase", "other"),
        ),
        Column("product_id", "text", "product it is about"),
        Column("order_id", "text", "order that came of it"),
        LOCAL,
        *PROVENANCE,
    ),
)

ANSWERS = Table(
    "answers",
    "one answer to one question of a survey or of market research",
    ("survey", "version", "member_number", "question"),
    (
        WHOSE,
        DATED,
        Column("survey", "text", "survey, as the profile maps it", required=True),
        Column("version", "text", "version of the questionnaire; null where there is one only"),
        Column("question", "text", "code of the question, as the profile maps it", required=True),
        Column("answer", "text", "code of the answer, as the profile maps it", personal=True),
        Column("value", "decimal", "number answered, where it is one", personal=True),
        LOCAL,
        *PROVENANCE,
    ),
)

INTERESTS = Table(
    "interests",
    "one interest of a customer, from social media, a lifestyle source or stated",
    ("member_number", "interest", "source"),
    (
        WHOSE,
        Column("interest", "text", "code of the interest, as the profile maps it", personal=True, required=True),
        Column("source", "text", "where it comes from: stated, social, lifestyle ... as the profile maps it"),
        Column("strength", "decimal", "how strong, 0 to 1; 1 where none is mapped"),
        Column("date", "date", "when it was learned (input only: becomes local_date)"),
        LOCAL,
        *PROVENANCE,
    ),
)

USAGE = Table(
    "usage",
    "one use of a product or service after the sale: the app, a warranty, a case of service",
    ("usage_id",),
    (
        Column("usage_id", "text", "its number, where the store gives one"),
        WHOSE,
        DATED,
        Column(
            "kind",
            "code",
            "what it was",
            required=True,
            codes=("app", "activation", "use", "warranty", "repair", "service", "complaint", "other"),
        ),
        Column("product_id", "text", "product it is about"),
        Column("case_id", "text", "case of service it belongs to"),
        Column("resolved", "boolean", "whether the case has ended well"),
        LOCAL,
        *PROVENANCE,
    ),
)

LOYALTY = Table(
    "loyalty",
    "one movement of a loyalty account",
    ("movement_id",),
    (
        Column("movement_id", "text", "its number, where the programme gives one"),
        WHOSE,
        DATED,
        Column(
            "kind", "code", "what it was", required=True, codes=("earn", "redeem", "expire", "adjust", "tier", "join")
        ),
        Column(
            "points", "integer", "points, negative where they are taken away; the kind decides where all are positive"
        ),
        Column("expires", "date", "last day on which points that were earned are good"),
        Column("tier", "text", "tier from then on, as the store names it"),
        Column("tier_until", "date", "last day of the tier"),
        LOCAL,
        *PROVENANCE,
    ),
)

CAMPAIGNS = Table(
    "campaigns",
    "one contact with a customer in a campaign, and what came of it",
    ("contact_id",),
    (
        Column("contact_id", "text", "its number, where the system gives one"),
        WHOSE,
        DATED,
        Column("campaign", "text", "campaign, as the system names it", required=True),
        Column("channel", "text", "email, sms, phone, post, app ... as the profile maps it"),
        Column(
            "outcome",
            "code",
            "the furthest it came; sent where none is mapped",
            codes=("sent", "delivered", "opened", "clicked", "answered", "bounced", "unsubscribed"),
        ),
        LOCAL,
        *PROVENANCE,
    ),
)
