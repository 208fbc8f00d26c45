"""Criteria: when a training has gone on long enough; one file each."""
