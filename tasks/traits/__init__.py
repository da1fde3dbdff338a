"""One row per customer: what they did, when, and what it is worth."""
