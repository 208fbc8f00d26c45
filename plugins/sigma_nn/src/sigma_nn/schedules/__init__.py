"""Schedules: factors of hyperparameters that change along a run; one file each."""
