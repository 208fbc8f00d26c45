"""Costs: what a network is trained to make small; one file each."""
