"""The floor: the benchmark market's output by a hand-written DuckDB script that knows its one input.

No checks, no ledger, no second market, no profile: what a good engineer writes for one file of known form. It
computes the same customers, segments and localized files as `strata run`, so that the outputs can be compared.
"""
