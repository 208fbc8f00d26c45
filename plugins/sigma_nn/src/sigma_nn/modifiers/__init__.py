"""Modifiers: what is done to gradients before an update, or to parameters after it; one file each."""
