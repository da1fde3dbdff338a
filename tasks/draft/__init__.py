"""Drafts a profile from an unknown chain's files: what the files prove is written, what they do not is a question."""
