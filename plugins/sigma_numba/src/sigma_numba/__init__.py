"""The numba backend: clusters of operations as vectorised loops, compiled once and kept."""

from sigma_numba._backend import NumbaBackend

__all__ = ["NumbaBackend"]
