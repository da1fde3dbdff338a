"""A publication's way to the teams of its market, and back where it is withdrawn."""
