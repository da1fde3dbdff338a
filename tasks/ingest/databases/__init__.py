"""Raw tables from SQL databases: read in batches within one snapshot, counted, written once as Parquet."""
