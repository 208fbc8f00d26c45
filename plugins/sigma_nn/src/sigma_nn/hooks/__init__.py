"""Hooks: what takes part in a run at moments of its life; one file each."""
