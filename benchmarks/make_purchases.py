"""Make one market's plain CSV with N million purchases, and its customers, for the benchmarks.

    python benchmarks/make_purchases.py DIR --millions 10

writes DIR/FR/purchases.csv and DIR/FR/customers.csv (a sixteenth as many rows), which
benchmarks/profiles/markets/fr.yaml describes. The same seed gives the same bytes. DuckDB computes and writes the rows
in a stream, each from the hash of its number, so that nothing is held in memory: 10 million rows are 0.6 GB.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import duckdb

MARKET = "FR"
#: Purchases per customer of the file; a twelfth of the customers never buys.
PER_CUSTOMER = 16
FIRST, DAYS = "2023-07-01", 1096

#: A uniform number in [0, 1) of row or order {n}, apart for each {salt}.
UNIFORM = "((hash({n}, {salt}, {seed}) >> 11) / 9007199254740992.0)"

#: Six lines make three orders, of 1, 2 and 3 lines. Rows come in the order of time, as tills deliver them; the sine
#: makes a season that peaks in December. The exponential makes few heavy buyers (a tenth has 58 % of
#: the orders) and many light ones.
PURCHASES = """
SELECT printf('T%09d', "order") AS order_id,
       [1, 1, 2, 1, 2, 3][i % 6 + 1] AS line_id,
       printf('%09d', 100000000 + 7 * CAST(floor({customers} * (exp(5.5 * {who}) - 1) / (exp(5.5) - 1)) AS BIGINT))
           AS member_number,
       printf('%03d', 1 + CAST(floor(40 * {where}) AS BIGINT)) AS store,
       printf('P%05d', 1 + product) AS product,
       strftime(TIMESTAMP '{first} 00:00:00' + to_seconds(86400 * CAST(floor(day) AS BIGINT)
           + 32400 + CAST(floor(39600 * (day - floor(day))) AS BIGINT)), '%Y-%m-%d %H:%M:%S') AS sold,
       quantity,
       CAST(quantity * (4.95 + product % 97 + product % 13 * 10) AS DECIMAL(12, 2)) AS amount,
       'EUR' AS currency
FROM (
    SELECT i, "order",
           CAST(floor(3000 * pow({what}, 2)) AS BIGINT) AS product,
           1 + CAST(floor(3 * pow({many}, 4)) AS BIGINT) AS quantity,
           {days} * (x - 0.02 * sin(6 * pi() * (x - 0.49)) + 0.02 * sin(6 * pi() * -0.49)) AS day
    FROM (
        SELECT i, i // 6 * 3 + [0, 1, 1, 2, 2, 2][i % 6 + 1] AS "order", least("order" / ({rows} / 2), 0.9999999) AS x
        FROM range({rows}) AS numbers(i)
    )
)
"""

CUSTOMERS = """
SELECT printf('%09d', 100000000 + 7 * i) AS member_number,
       ['Camille', 'Noé', 'Zoë', 'Anaïs', 'Léon', 'Inès', 'Hugo', 'Élise'][1 + CAST(floor(8 * {given}) AS BIGINT)]
           AS given_name,
       ['Martin', 'Lefèvre', 'Dubois', 'Garçon', 'Petit', 'Roux', 'Nguyen', 'Benali'][1 + CAST(floor(8 * {family})
           AS BIGINT)] AS family_name,
       printf('client%d@example.com', i) AS email,
       CASE WHEN {abroad} < 0.03 THEN 'BE' ELSE 'FR' END AS country,
       CASE WHEN {speaks} < 0.05 THEN 'en' ELSE 'fr' END AS language,
       CAST(DATE '1945-01-01' + CAST(floor(22000 * {born}) AS INTEGER) AS VARCHAR) AS birth_date,
       CAST(DATE '{first}' - CAST(floor(900 * {since}) AS INTEGER) AS VARCHAR) AS registered,
       ['classic', 'silver', 'gold'][1 + CAST(floor(3 * pow({tier}, 3)) AS BIGINT)] AS loyalty_tier,
       CASE WHEN {consent} < 0.6 THEN 'yes' WHEN {consent} < 0.8 THEN 'no' ELSE '' END AS consent_email
FROM range({customers}) AS numbers(i)
"""


def statement(template: str, number: str, draws: tuple[str, ...], seed: int, **values: object) -> str:
    """The template with a uniform number of its own for each name in `draws`."""
    uniform = {name: UNIFORM.format(n=number, salt=salt, seed=seed) for salt, name in enumerate(draws, 1)}
    return template.format(**uniform, **values)


def make(out: Path, rows: int, seed: int = 1) -> tuple[Path, Path]:
    """Write the purchases and customers; return their paths.

    One row of purchases is a line of a receipt: amount in EUR with tax, `sold` in local time of the store.
    """
    folder = out / MARKET
    folder.mkdir(parents=True, exist_ok=True)
    values = {"rows": rows, "customers": max(rows // PER_CUSTOMER, 1), "first": FIRST, "days": DAYS}
    order = statement(PURCHASES, '"order"', ("who", "where"), seed, what="{what}", many="{many}", **values)
    purchases = statement(order, "i", ("what", "many"), seed + 1)
    customers = statement(CUSTOMERS, "i", ("given", "family", "abroad", "speaks", "born", "since", "tier", "consent"),
                          seed + 2, **values)  # fmt: skip
    con = duckdb.connect(config={"memory_limit": "1GB"})
    paths = folder / "purchases.csv", folder / "customers.csv"
    for sql, path in zip((purchases, customers), paths, strict=True):
        con.execute(f"COPY ({sql}) TO '{path}' (HEADER, DELIMITER ',')").fetchall()
    return paths


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder of the landing to write into")
    parser.add_argument("--millions", type=float, default=1.0, help="millions of purchases (default 1)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    start = time.perf_counter()
    for path in make(args.out, int(args.millions * 1_000_000), args.seed):
        print(f"{path} {path.stat().st_size:,} bytes")
    print(f"{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
