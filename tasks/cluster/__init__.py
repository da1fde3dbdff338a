"""Groups of customers that the data itself suggests: fitted, tried for stability, matched to before, described."""
