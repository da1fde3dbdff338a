"""Reference figures of all countries: CSV files with their sources, and the script that distilled them."""
