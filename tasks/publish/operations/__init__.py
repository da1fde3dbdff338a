"""How all markets stand: read from the publish root, judged, and shown to who operates them."""
