"""What every flow shares: doors as tasks, cancelling, outcomes, and what a Prefect server adds."""
