"""DuckDB's bare typed read of the benchmark's purchases: every column parsed, nothing kept.

python benchmarks/bare_read.py LANDING
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

READ = """
SELECT max(order_id), max(line_id), max(member_number), max(store), max(product), max(sold), max(quantity), max(amount),
       max(currency)
FROM read_csv('{path}', header = true, columns = {{
    order_id: 'VARCHAR', line_id: 'INTEGER', member_number: 'VARCHAR', store: 'VARCHAR', product: 'VARCHAR',
    sold: 'TIMESTAMP', quantity: 'INTEGER', amount: 'DECIMAL(18, 4)', currency: 'VARCHAR'}})
"""


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("landing", type=Path)
    path = parser.parse_args().landing / "FR" / "purchases.csv"
    duckdb.connect().execute(READ.format(path=path)).fetchall()


if __name__ == "__main__":
    main()
