"""From a drop's files to raw tables, all text: what lies there, unpacked, decoded and split, with nothing lost."""
