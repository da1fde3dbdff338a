"""Aggregates across markets: what every market has published, set side by side where it means the same."""
