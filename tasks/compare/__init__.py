"""This publication beside earlier dates, like with like: who moved and why, and how segments have grown."""
