"""What a Prefect server is to have, and what brings it there."""
