"""Each market's profile as data, and the frozen models and loader that check it."""
