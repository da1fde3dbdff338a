"""Lists for teams: what they show, in which order; audiences, accounts' contacts, each store's own customers."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from tasks.export import stores
from tasks.export.audiences import goal
from tasks.export.customers import customer_columns
from tasks.export.labels import Labels
from tasks.export.market import export_market
from tasks.export.shown import shown

#: What the small market's traits have beside those of every market.
MORE = {
    "population": "VARCHAR", "role": "VARCHAR", "expected_revenue": "DECIMAL(18,2)", "next_purchase_date": "DATE",
    "holdout": "VARCHAR",
}  # fmt: skip
STEM = "DE_2026-10-31_en-US"
AUDIENCES = {
    "win_back": {"when": "recency_days > 100", "priority": 20},
    "vip": {"when": "orders > 2", "priority": 10, "holdout": False, "purpose": "service"},
}
#: customer, audience, priority, holdout
MEMBERS = [(1, "vip", 1, "no"), (1, "win_back", 2, "yes"), (2, "win_back", 1, "no"), (3, "win_back", 1, "no")]
#: Customer, what of them differs: one expected to bring most, one of the holdout, an account in the holdout with two
#: contacts, in no order.
PEOPLE = {
    1: {"expected_revenue": "10.00", "holdout": "yes", "home_store": "../../etc/passwd"},
    2: {"expected_revenue": "900.00", "holdout": "no", "next_purchase_date": date(2027, 1, 5)},
    3: {"expected_revenue": None, "holdout": "no"},
    7: {"type": "account", "population": "account", "holdout": "yes"},
    8: {"type": "contact", "population": "contact", "role": "user"},
    9: {"type": "contact", "population": "contact", "role": "buyer", "language": "fr"},
}


@pytest.fixture(scope="module")
def made(market, tmp_path_factory):
    """The market's files as the team reads them: a function from settings of the profile to texts of rows by file."""
    folder = tmp_path_factory.mktemp("lists")
    with duckdb.connect() as con:
        _write(con, market, folder)

        def make(grants=None, **exports):
            out = tmp_path_factory.mktemp("out")
            team = ("team", ["en-US"], market.all if grants is None else grants)
            profile = market.profile(team, audiences=AUDIENCES, exports=exports)
            written = export_market(con, profile, folder, folder / "contacts.parquet", out, as_of=market.as_of)
            return {file.path.removeprefix("en-US/customers/"): (file, _rows(out / file.path)) for file in written}

        yield make


def _rows(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def _write(con, market, folder):
    columns = dict.fromkeys(MORE)
    traits = [{**market.trait(n), **columns, "population": "person", **more} for n, more in PEOPLE.items()]
    contacts = [market.contact(n, account="00007" if n > 7 else None) for n in PEOPLE]
    for name, rows in (("customers", traits), ("contacts", contacts)):
        con.register("given", pa.Table.from_pylist(rows))
        con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")
    kinds = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in MORE.items())
    con.execute(f"COPY (SELECT * REPLACE ({kinds}) FROM customers) TO '{folder}/customers.parquet'")
    lacking = {
        "address": 1, "postcode": 1, "city": 1, "subdivision": 0, "given_name": 0, "family_name": 0, "company": 0,
        "gender": 0, "consent_app": 0, "language_evidence": 0,
    }  # fmt: skip
    nothing = ", ".join(f"NULL::VARCHAR AS {name}" for name, there in lacking.items() if not there)
    con.execute(f"COPY (SELECT *, {nothing} FROM contacts) TO '{folder}/contacts.parquet'")
    rows = ", ".join(f"('{n:032x}', '{audience}', {rank}, '{held}')" for n, audience, rank, held in MEMBERS)
    con.execute(
        f"COPY (SELECT * FROM (VALUES {rows}) t(customer_id, audience, priority, holdout)) "
        f"TO '{folder}/audiences.parquet' (FORMAT parquet)"
    )
    counted = "SELECT * FROM customers WHERE population <> 'contact'"
    sums = " UNION ALL ".join(
        f"""SELECT '{name}' AS dimension, {column} AS segment, count(*) AS customers, sum(orders) AS orders,
            sum(monetary_local::DECIMAL(18, 2)) AS monetary_local, 0 AS monetary_reference, 0 AS monetary_ppp,
            1 AS share_customers, 1 AS share_revenue FROM ({counted}) GROUP BY ALL"""
        for name, column in (("lifecycle", "segment_lifecycle"), ("stratum", "stratum"))
    )
    con.execute(f"COPY ({sums}) TO '{folder}/segments.parquet' (FORMAT parquet)")


def _of(files, name):
    return files[f"{STEM}_{name}.csv"]


def _numbers(rows):
    return [next(value for name, value in row.items() if name == "Member number") for row in rows]


# --- the list of customers --------------------------------------------------------------------------------------------


def test_the_list_begins_with_whom_most_is_expected_of_then_with_whom_most_is_known_of(made):
    _, rows = _of(made(), "customers")
    assert _numbers(rows) == ["'00002", "'00001", "'00003", "'00007"]  # revenue: the lower the number, the more


def test_contacts_of_accounts_are_no_rows_of_it_for_they_carry_their_account_s_money(made):
    file, rows = _of(made(), "customers")
    assert file.rows == 4
    assert {"'00008", "'00009"} & set(_numbers(rows)) == set()


def test_columns_that_the_market_lacks_are_not_there(market, made):
    profile = market.profile(("team", ["en-US"], []))
    some = ("population", "expected_revenue", "next_purchase_date", "holdout")
    plain, more = (customer_columns(profile, frozenset({"customers"}), extra) for extra in ((), some))
    assert [one for one in more if one not in plain and "language" not in one] == [
        "population",
        "next_purchase_date",
        "expected_revenue",
        "holdout",
    ]
    _, rows = _of(made(), "customers")
    labels = Labels("en-US")
    assert [row[labels.text("column", "holdout")] for row in rows] == ["no", "yes", "no", "yes"]
    assert [row[labels.text("column", "population")] for row in rows] == [*["Person"] * 3, "Business account"]


def test_tags_have_audiences_in_their_order_and_the_holdout(made):
    _, rows = made()["tags/DE_2026-10-31_tags.csv"]
    found = {row["member_number"]: (row["audiences"], row["holdout"]) for row in rows}
    assert found["00001"] == ("vip;win_back", "yes")
    assert found["00008"] == ("", "yes")  # as its account
    assert list(rows[0]) == ["member_number", *DIMENSIONS, "stratum", "audiences", "holdout", "as_of"]


DIMENSIONS = ("lifecycle", "value", "language", "residence")


def test_an_account_s_language_is_told_though_the_dimension_is_of_persons(made):
    _, rows = _of(made(), "customers")
    assert [row["Language"] for row in rows] == ["German"] * 4
    assert [row["Language (code)"] for row in rows] == ["de"] * 4


# --- audiences --------------------------------------------------------------------------------------------------------


def test_an_audience_s_file_has_who_is_listed_the_holdout_last_and_says_why_and_what_for(made):
    labels = Labels("en-US")
    _, rows = _of(made(), "audience_win_back")
    assert _numbers(rows) == ["'00002", "'00003", "'00001"]
    assert [row[labels.text("column", "holdout")] for row in rows] == ["no", "no", "yes"]
    assert [row[labels.text("column", "audience_rank")] for row in rows] == ["1", "1", "2"]
    assert {row[labels.text("column", "audience")] for row in rows} == {labels.text("audience", "win_back")}
    assert all(row[labels.text("column", "audience_reason")] for row in rows)


def test_an_audience_that_keeps_nobody_out_says_so_of_its_rows(made):
    _, rows = _of(made(), "audience_vip")
    assert [row[Labels("en-US").text("column", "holdout")] for row in rows] == [
        "no"
    ]  # who is in the holdout all the same


def test_a_team_that_may_not_see_customers_has_no_audience_either(made):
    files = made(grants=())
    assert sorted(files) == [f"en-US/summary/{STEM}_segments.csv", "tags/DE_2026-10-31_tags.csv"]


def test_a_market_s_own_goal_goes_before_the_catalog_s(market):
    plan = {"channels": ["email"], "cadence": "monthly", "words": {"de": {"goal": "Unser Ziel"}}}
    own = market.profile(("team", ["de-AT"], []), playbooks={"lifecycle": {"loyal": plan}})
    assert goal(own, Labels("de-AT"), "lifecycle", "loyal") == "Unser Ziel"
    assert goal(own, Labels("en-US"), "lifecycle", "loyal") == Labels("en-US").text("playbook loyal", "goal")
    assert goal(own, Labels("en-US"), "lifecycle", "of_nobody") == ""


# --- contacts ---------------------------------------------------------------------------------------------------------


def test_contacts_stand_under_their_account_by_role_with_its_holdout(made):
    labels = Labels("en-US")
    _, rows = _of(made(), "contacts_by_role")
    assert _numbers(rows) == ["'00009", "'00008"]  # buyer before user
    assert [row[labels.text("column", "account")] for row in rows] == ["'00007"] * 2
    assert [row[labels.text("column", "holdout")] for row in rows] == ["yes"] * 2
    assert list(rows[0])[1] == labels.text("column", "account_name")


def test_names_of_accounts_need_the_grant_of_names(made):
    _, rows = _of(made(grants=("customers",)), "contacts_by_role")
    labels = Labels("en-US")
    assert not {labels.text("column", one) for one in ("account_name", "name", "email", "phone")} & set(rows[0])


def test_lists_to_write_to_leave_the_holdout_out_and_its_accounts_contacts_and_say_so(made):
    files = made(split_by_language=True)
    german, french = _of(files, "contacts_de"), _of(files, "contacts_fr")
    assert _numbers(german[1]) == ["'00002", "'00003"]
    assert french[1] == []
    assert "contacts de: 3 customers of the holdout are left out" in german[0].notes
    assert "contacts fr: 1 customers of the holdout are left out" in french[0].notes


# --- stores -----------------------------------------------------------------------------------------------------------


def test_each_store_has_a_list_of_its_own_whatever_its_number_is_called(made):
    files = made(by_store=True)
    lists = {path: rows for path, (file, rows) in files.items() if file.kind == "store"}
    assert {path.removeprefix(f"{STEM}_store_") for path in lists} == {
        f"0042-{_digest('0042')}.csv",
        f"etc-passwd-{_digest('../../etc/passwd')}.csv",
    }
    assert sorted(number for rows in lists.values() for number in _numbers(rows)) == [
        *("'00001", "'00002", "'00003", "'00007"),
    ]
    (hostile,) = [rows for path, rows in lists.items() if "passwd" in path]
    assert _numbers(hostile) == ["'00001"]
    assert list(hostile[0]) == list(_of(files, "customers")[1][0])


def _digest(store):
    return hashlib.sha256(store.encode()).hexdigest()[:8]


@pytest.mark.parametrize("store", ["..", "店", "a/b\\c", "CON", "x" * 400, "A B", "=1+1", "\x00"])
def test_a_store_s_part_of_a_file_name_is_short_and_plain(store):
    assert set(stores.slug(store)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(stores.slug(store)) <= 33
    assert stores.slug(store).endswith(_digest(store))


def test_only_the_largest_stores_have_lists_where_there_are_too_many(made, monkeypatch):
    monkeypatch.setattr(stores, "MOST", 1)
    lists = [file for file, _ in made(by_store=True).values() if file.kind == "store"]
    assert [file.rows for file in lists] == [3]
    assert "stores: 1 with fewer customers have no list; at most 1 have one" in lists[0].notes


def test_batches_are_cut_where_one_part_ends_and_the_next_begins():
    batches = [pa.record_batch({"n": pa.array(part)}) for part in ([1, 2, 3], [4], [5, 6])]
    cut = [[n for batch in part for n in batch.column(0).to_pylist()] for part in stores.cut(batches, [2, 0, 3, 1])]
    assert cut == [[1, 2], [], [3, 4, 5], [6]]


# --- which dimensions -------------------------------------------------------------------------------------------------


def _many(market, **exports):
    of = {"kind": "trait", "trait": "city_size"}
    persons = {f"p{n}": of for n in range(7)}
    accounts = {f"a{n}": {**of, "population": "account"} for n in range(7)}
    return market.profile(
        ("team", ["en-US"], []),
        dimensions={**persons, **accounts},
        stratum={"dimensions": ["p0", "p6"]},
        exports=exports,
    )


def test_teams_see_five_dimensions_of_each_population_the_stratum_s_among_them(market):
    every = shown(_many(market))
    assert every == ("p0", "p1", "p2", "p3", "p6", "a0", "a1", "a2", "a3", "a4")
    assert shown(_many(market), "account") == ("a0", "a1", "a2", "a3", "a4")


def test_a_profile_that_names_dimensions_decides_which_and_in_which_order(market):
    profile = _many(market, dimensions=["a6", "p5", "off"])
    assert shown(profile) == ("a6", "p5")
