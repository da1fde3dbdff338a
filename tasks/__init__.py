"""The stages of one market's run, one folder each, in order: ingest, normalize, traits, segment, export, publish."""
