"""What data ops schedule: composition only, one file per flow; cli.py is the `strata` command."""
