"""Activations: functions between layers; one file each."""
