"""The gate: what is checked before a publication becomes current. Pure functions from figures to a verdict."""
