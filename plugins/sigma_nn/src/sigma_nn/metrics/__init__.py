"""Metrics: scores for people, accumulated exactly over a pass; one file each."""
