"""Sample drops: what the shops of many markets would really deliver, made up and seeded.

Facts about a market (headers, names, prices, seasons, faults) are data in `markets/*.yaml`; the code is generic.
"""
