"""What a profile leaves open about numbers and dates, decided from the whole column or not at all.

'1.234' alone says nothing, and one value is never enough to guess from. These functions look at the distinct forms of
a column's values (DuckDB groups them: ten million values give a few hundred), keep what proves one reading and
excludes the others, and raise DropError, which asks for a declaration, where nothing does.
"""

from tasks.ingest.evidence import Evidence
from tasks.ingest.infer_dates import contradictions, infer_dates, order_of
from tasks.ingest.infer_numbers import decimal_contradictions, infer_decimal

__all__ = ["Evidence", "contradictions", "decimal_contradictions", "infer_dates", "infer_decimal", "order_of"]
