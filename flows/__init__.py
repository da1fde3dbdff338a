"""What data ops schedule: composition only. One file per flow, packages below; cli.py is the `strata` command."""
