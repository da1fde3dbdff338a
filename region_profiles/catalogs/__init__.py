"""Message catalogs: what teams read, in each language; strata.pot is the template (docs/exports.md, Words)."""
