"""The expressions of a transaction line: its moment, kind, amounts, and everything that can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping

from region_profiles.models import Profile
from tasks.contract import KINDS
from tasks.normalize.faults import Fault
from tasks.normalize.fields import Layer, boolean_sql, clean, date_layers, number, one_of, rounded_sql, unnamed_value
from tasks.normalize.money import DECIMAL, NEUTRAL, currency_sql, net_and_gross, product
from tasks.normalize.parse_code import currency_codes
from tasks.normalize.rules import Rule
from tasks.sql import literals

_CLOCKS = (
    *("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M%S", "%H.%M"),
    *("%H時%M分", "%H時%M分%S秒", "%H시%M분", "%H시 %M분"),
)
_NUMBERS = ("quantity", "unit_price", "amount", "tax", "discount")


def line_layers(profile: Profile, rules: Mapping[str, Rule], zone: str, utc: str) -> list[Layer]:
    """Layers over the mapped text that end with local_date, sold_at, kind, quantity, net, gross, tax, delivered ...

    `zone` is the expression of the store's IANA zone over the `text_` columns, `utc` that of a value's UTC over the
    column `moment`, where the value does not say its own zone.
    """
    dates: list[Layer] = [{}, {}, {}]
    date_layers(dates, "date", rules["date"])
    numbers = {f"number_{column}": number(column, rules[column]) for column in _NUMBERS if column in rules}
    dates[0].update(numbers)
    dates[0].update(_codes(profile, rules))
    return [
        *clean(rules),
        *dates,
        *_moment(rules, zone, utc),
        _amount(rules),
        _kind(profile, rules),
        *_money(profile, rules),
    ]


def _codes(profile: Profile, rules: Mapping[str, Rule]) -> Layer:
    codes: Layer = {}
    if "kind" in rules:
        codes["value_kind"] = one_of("lower(text_kind)", KINDS)
    if "currency" in rules:
        # The market's own first: looking among all that ever were takes as long as reading the whole line.
        own = f"text_currency IN ({literals(dict.fromkeys(c.code for c in profile.market.currencies))})"
        known = one_of("upper(text_currency)", sorted(currency_codes()))
        codes["value_currency"] = f"CASE WHEN {own} THEN text_currency ELSE {known} END"
    if "returned" in rules:
        codes["value_returned"] = boolean_sql("text_returned", rules["returned"])
    if "time" in rules:
        clock = f"try_strptime(text_time, [{literals(_CLOCKS)}])"
        codes["clock"] = f"CAST(coalesce({clock}, try_cast('2000-01-01 ' || text_time AS TIMESTAMP)) AS TIME)"
    return codes


def _moment(rules: Mapping[str, Rule], zone: str, utc: str) -> list[Layer]:
    """Store-local date, and UTC where there is a time."""
    moment, timed = "date_stamp", "date_timed"
    if "time" in rules:
        moment = "CASE WHEN clock IS NULL THEN date_stamp ELSE CAST(date_stamp AS DATE) + clock END"
        timed = "(clock IS NOT NULL OR date_timed)"
    abroad = "date_utc" if rules["date"].zone is None else "true"
    here = f"CAST(timezone({zone}, timezone('UTC', sold_at)) AS DATE)"
    return [
        {"moment": f"CASE WHEN {timed} THEN {moment} END"},
        {"sold_at": f"CASE WHEN date_utc THEN moment ELSE {utc} END"},
        {"local_date": f"CASE WHEN sold_at IS NOT NULL AND {abroad} THEN {here} ELSE CAST(date_stamp AS DATE) END"},
    ]


def _amount(rules: Mapping[str, Rule]) -> Layer:
    """`units`, and `delivered`: the line's amount as the drop has it, on the drop's tax basis and with its sign."""
    units = "number_quantity" if "quantity" in rules else "CAST(1 AS DECIMAL(18,4))"
    parts = ["number_amount"] if "amount" in rules else []
    if "unit_price" in rules:
        price = product("number_quantity", "number_unit_price") if "quantity" in rules else "number_unit_price"
        if "discount" in rules:
            price = f"TRY_CAST({price} - coalesce(number_discount, 0) AS {DECIMAL})"
        parts.append(price)
    return {"units": units, "delivered": f"coalesce({', '.join(parts)})" if len(parts) > 1 else parts[0]}


def _kind(profile: Profile, rules: Mapping[str, Rule]) -> Layer:
    backwards = "(units < 0 OR delivered < 0)"
    means_return = profile.plausibility.negative_quantity_is_return
    unsaid = f"CASE WHEN {backwards} THEN 'return' ELSE 'sale' END" if means_return else "'sale'"
    kind = unsaid
    if "kind" in rules:
        said = f"CASE WHEN value_kind = 'sale' THEN {unsaid} ELSE value_kind END"
        kind = f"CASE WHEN text_kind IS NULL THEN {unsaid} ELSE {said} END"
    return {"line_kind": kind}


def _money(profile: Profile, rules: Mapping[str, Rule]) -> list[Layer]:
    nothing = [f"line_kind IN ({literals(NEUTRAL)})"] + (
        ["coalesce(value_returned, false)"] if "returned" in rules else []
    )
    back = "line_kind = 'return'"

    def signed(value: str) -> str:
        return f"CASE WHEN {' OR '.join(nothing)} THEN 0 WHEN {back} THEN -abs({value}) ELSE {value} END"

    first: Layer = {
        "signed": f"CAST({signed('delivered')} AS {DECIMAL})",
        "line_currency": currency_sql(profile.market.currencies, "local_date"),
    }
    if "currency" in rules:
        first["line_currency"] = (
            f"CASE WHEN text_currency IS NULL THEN {first['line_currency']} ELSE value_currency END"
        )
    line_tax = None
    if "tax" in rules and profile.tax.amounts != "untaxed":
        line_tax = "signed_tax"
        first["signed_tax"] = f"CAST({signed('number_tax')} AS {DECIMAL})"
    net, gross = net_and_gross(profile, "signed", line_tax, "local_date")
    return [first, {"line_net": net, "line_gross": gross}]


def line_faults(profile: Profile, rules: Mapping[str, Rule]) -> list[Fault]:
    """Every reason for which a line is refused; the date's come first, so that quarantine shows a bad date.

    Of each condition the part that nearly no row fulfils comes first: the others are then asked of those rows only.
    """
    bounds = profile.plausibility
    faults = [
        Fault("date:missing", "text_date IS NULL AND unmatched IS NULL", "date"),
        Fault("date:unreadable", "date_stamp IS NULL AND text_date IS NOT NULL", "date"),
        Fault("date:order", "false", "date"),  # told from unreadable once the pass is over
    ]
    if bounds.first_date:
        faults.append(Fault("date:before_first_date", f"local_date < DATE '{bounds.first_date}'", "date"))
    if "time" in rules:
        faults.append(Fault("time:unreadable", "clock IS NULL AND text_time IS NOT NULL", "time"))
    faults += _quantity_faults(profile, rules)
    for column in ("unit_price", "amount", "tax", "discount"):
        if column in rules:
            unreadable = f"number_{column} IS NULL AND text_{column} IS NOT NULL"
            faults.append(Fault(f"{column}:unreadable", unreadable, column))
    faults += _amount_faults(profile, rules)
    for column in ("currency", "kind", "returned"):
        if column in rules:
            reason = "unreadable" if column == "returned" else "unknown"
            unknown = f"value_{column} IS NULL AND text_{column} IS NOT NULL"
            faults.append(Fault(f"{column}:{reason}", unknown, column))
    faults.append(
        Fault("currency:missing", "line_currency IS NULL AND local_date IS NOT NULL AND " + _no_text(rules), None)
    )
    for column, rule in rules.items():
        faults += [Fault(reason, condition, column) for reason, condition in unnamed_value(column, rule)]
    return faults + _id_faults(rules)


def _id_faults(rules: Mapping[str, Rule]) -> list[Fault]:
    """An order without its number would become one of its own, or a member's whole day."""
    missing = Fault("order_id:missing", "text_order_id IS NULL AND unmatched IS NULL", "order_id")
    rounded = [Fault(f"{c}:rounded", rounded_sql(c), c) for c in ("member_number", "order_id") if c in rules]
    return [*([missing] if "order_id" in rules else []), *rounded]


def _no_text(rules: Mapping[str, Rule]) -> str:
    return "text_currency IS NULL" if "currency" in rules else "true"


def _quantity_faults(profile: Profile, rules: Mapping[str, Rule]) -> list[Fault]:
    if "quantity" not in rules:
        return []
    free = literals((*NEUTRAL, "return", "exchange"))
    shipping = literals((*NEUTRAL, "shipping"))
    faults = [
        Fault(
            "quantity:missing",
            f"text_quantity IS NULL AND unmatched IS NULL AND line_kind NOT IN ({shipping})",
            "quantity",
        ),
        Fault("quantity:unreadable", "number_quantity IS NULL AND text_quantity IS NOT NULL", "quantity"),
        Fault(
            "quantity:not_positive",
            f"(units < 0 AND line_kind NOT IN ({free})) OR (units = 0 AND line_kind NOT IN ({shipping}))",
            "quantity",
        ),
    ]
    if profile.plausibility.maximum_quantity is not None:
        beyond = f"abs(units) > {profile.plausibility.maximum_quantity}"
        faults.append(Fault("quantity:implausible", beyond, "quantity"))
    return faults


def _amount_faults(profile: Profile, rules: Mapping[str, Rule]) -> list[Fault]:
    shown = "amount" if "amount" in rules else "unit_price"
    texts = [f"text_{column} IS NULL" for column in ("amount", "unit_price") if column in rules]
    faults = [Fault(f"{shown}:missing", " AND ".join([*texts, "unmatched IS NULL"]), shown)]
    known = [f"number_{c} IS NOT NULL" for c in ("quantity", "unit_price") if c in rules]
    if len(known) > 1:
        faults.append(Fault(f"{shown}:too_large", " AND ".join(["delivered IS NULL", *known]), shown))
    # A negative amount that follows from a negative quantity is the quantity's fault alone.
    oddly = "shipping" if not profile.plausibility.negative_quantity_is_return else "sale"
    kinds = literals(("sale", "gift_card_redemption", oddly))
    faults.append(Fault("amount:negative", f"delivered < 0 AND units > 0 AND line_kind IN ({kinds})", shown))
    if profile.plausibility.maximum_amount is not None:
        beyond = f"abs(delivered) > {profile.plausibility.maximum_amount}"
        faults.append(Fault("amount:implausible", beyond, shown))
    return faults


def line_values(profile: Profile, rules: Mapping[str, Rule]) -> Layer:
    """The canonical columns of a line over the last layer; order_id is still null where none is delivered."""
    texts = (
        "order_id",
        "line_id",
        "member_number",
        "store_id",
        "product_id",
        "channel",
        "payment",
        "returned_order_id",
    )
    values = {column: f"text_{column}" if column in rules else "NULL::VARCHAR" for column in texts}
    values |= {
        # Of an enum DuckDB writes the dictionary as it is; each text it would look up, a tenth of what writing costs.
        "kind": f"CAST(line_kind AS ENUM({literals(KINDS)}))",
        "quantity": "CASE WHEN line_kind = 'return' THEN -abs(units) ELSE coalesce(units, 1) END",
        "tax": f"CAST(line_gross - line_net AS {DECIMAL})",
        "discount": "abs(number_discount)" if "discount" in rules else "NULL::DECIMAL(18,4)",
        "currency": "line_currency",
        "returned": "coalesce(value_returned, false)" if "returned" in rules else "false",
        "local_date": "local_date",
        "sold_at": "sold_at",
        "net": "line_net",
        "gross": "line_gross",
    }
    if profile.tax.amounts == "untaxed":
        values["tax"] = "number_tax" if "tax" in rules else f"NULL::{DECIMAL}"
    return values
