"""Earlier dates, and attempts that failed, here or on a server."""
