"""A customer's language: read from messages (`detect`), or what a region's residents speak (`regions`)."""
