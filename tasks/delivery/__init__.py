"""What a team gets of a publication: its bundle, a short summary, and how both reach it."""
