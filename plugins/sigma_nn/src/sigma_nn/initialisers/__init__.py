"""Initialisers: the numbers that parameters begin with; one file each."""
