"""Layers: what a network is made of; one file each."""
