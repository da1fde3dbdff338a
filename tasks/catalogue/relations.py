"""What customers do beside buying, and what they say: online, loyalty, campaigns, attitude, lifestyle, usage."""

from __future__ import annotations

from tasks.catalogue.trait import Group, Trait, Type, Window

ENGAGEMENTS = ("none", "low", "medium", "high")
NPS_CLASSES = ("promoter", "passive", "detractor")
LIFESTYLE_EVIDENCE = ("survey", "stated", "social", "inferred")


def _trait(
    name: str, type_: Type, unit: str, meaning: str, group: Group, *sources: str, window: Window = "window"
) -> Trait:
    return Trait(name, type_, unit, meaning, group, window, sources)


RELATIONS: tuple[Trait, ...] = (
    _trait("sessions", "integer", "visits", "online visits", "online", "events"),
    _trait("views", "integer", "pages", "products looked at online", "online", "events"),
    _trait("searches", "integer", "searches", "searches online", "online", "events"),
    _trait("carts", "integer", "visits", "visits in which something was put into the cart", "online", "events"),
    _trait("cart_abandonment", "double", "share of carts", "carts that no purchase followed", "online", "events"),
    _trait(
        "online_recency_days", "integer", "days", "since the last event online", "online", "events", window="lifetime"
    ),
    Trait(
        "engagement",
        "text",
        "code",
        "none without a visit; of those with one, by rank of visits: lower half, next three tenths, top fifth",
        "online",
        "window",
        ("events",),
        known=ENGAGEMENTS,
    ),
    _trait(
        "loyalty_points",
        "integer",
        "points",
        "balance, as stated, else the sum of movements",
        "loyalty",
        "customers.loyalty_points|loyalty",
        window="as_of",
    ),
    _trait(
        "points_expiring",
        "integer",
        "points",
        "that expire within 60 days",
        "loyalty",
        "loyalty.expires",
        window="as_of",
    ),
    _trait(
        "points_expire_on",
        "date",
        "local date",
        "when the first of them do",
        "loyalty",
        "loyalty.expires",
        window="as_of",
    ),
    _trait("tier_days_left", "integer", "days", "until the tier ends", "loyalty", "loyalty.tier_until", window="as_of"),
    _trait("campaigns_received", "integer", "contacts", "contacts by campaigns", "campaigns", "campaigns"),
    _trait("campaigns_opened", "double", "share of contacts", "opened or more", "campaigns", "campaigns.outcome"),
    _trait(
        "campaigns_answered", "double", "share of contacts", "clicked or answered", "campaigns", "campaigns.outcome"
    ),
    _trait(
        "campaign_channel", "text", "channel", "channel answered most, ties by name", "campaigns", "campaigns.channel"
    ),
    Trait(
        "nps",
        "integer",
        "0 to 10",
        "latest answer on recommending us",
        "attitude",
        "window",
        ("feedback.nps",),
        ("attitude",),
    ),
    Trait(
        "nps_class",
        "text",
        "code",
        "promoter 9 and 10, passive 7 and 8, detractor 0 to 6",
        "attitude",
        "window",
        ("feedback.nps",),
        ("attitude",),
        NPS_CLASSES,
    ),
    _trait(
        "rating",
        "double",
        "share of the scale",
        "mean of ratings, 0 lowest to 1 highest",
        "attitude",
        "feedback.rating",
    ),
    _trait("complaints", "integer", "complaints", "complaints", "attitude", "feedback.kind"),
    _trait("return_reason", "text", "reason", "reason given most, ties by name", "attitude", "feedback.reason"),
    _trait(
        "preferred_channel",
        "text",
        "channel",
        "as stated",
        "attitude",
        "customers.preferred_channel",
        window="as_of",
    ),
    _trait("preferred_time", "text", "code", "as stated", "attitude", "customers.preferred_time", window="as_of"),
    Trait(
        "lifestyle",
        "text",
        "code",
        "from a survey, else as stated, else from social sources, else inferred from what is bought",
        "lifestyle",
        "window",
        ("answers|interests|products.category",),
        ("belief",),
    ),
    Trait(
        "lifestyle_evidence",
        "text",
        "code",
        "what lifestyle rests on; inferred ones are called so",
        "lifestyle",
        "window",
        ("answers|interests|products.category",),
        known=LIFESTYLE_EVIDENCE,
    ),
    _trait("app_days", "integer", "days", "days with the app in use", "usage", "usage"),
    _trait("service_cases", "integer", "cases", "cases of service, repair or warranty", "usage", "usage"),
    _trait("service_open", "integer", "cases", "of them not ended well, as far as known", "usage", "usage.resolved"),
)
