"""Atomic publication: objects first, the manifest next, the pointer last."""
