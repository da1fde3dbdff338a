"""The report: one self-contained page per market and language. Figures once a market, words once a language."""

from tasks.export.report.facts import Facts, load_facts
from tasks.export.report.write import write_report

__all__ = ["Facts", "load_facts", "write_report"]
