"""Backends: what runs graphs. `numpy` is embedded, others come as plugins."""

from sigma_core.backends._contract import Backend, Executable, Program

__all__ = ["Backend", "Executable", "Program"]
