"""Monitors for Sigma: what shows a run while it goes on."""

from sigma_monitors._console import Console

__all__ = ["Console"]
