"""Figures of Windows cultures that decide how Excel reads a CSV file, and the script that distils them."""
