"""Workbooks in the reader's language: summary, customers by segment, full list; docs/workbooks.md."""

from tasks.export.workbook.books import workbooks

__all__ = ["workbooks"]
