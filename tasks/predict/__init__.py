"""What customers without a contract are expected to buy: models of purchases and spend, and how good they were."""
