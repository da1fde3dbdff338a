"""From segments to files that a regional team opens in its own Excel, and a plain one for machines."""
