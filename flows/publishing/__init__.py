"""From drops to publications that count: a market's, and the chain's."""
