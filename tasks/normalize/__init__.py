"""From raw text tables to canonical tables, a ledger of every row, and the evidence for what was inferred."""
