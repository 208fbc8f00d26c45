"""The debug backend: programs of another one, watched node by node."""

from sigma_core.backends.debug._backend import DebugBackend

__all__ = ["DebugBackend"]
