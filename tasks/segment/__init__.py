"""Which customer is where: rules, tiers, strata, and why."""
