"""Optimisers: how gradients change parameters; one file each."""
