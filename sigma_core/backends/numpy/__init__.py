"""The NumPy backend: graphs as straight lines of NumPy calls into planned memory."""

from sigma_core.backends.numpy._backend import NumpyBackend

__all__ = ["NumpyBackend"]
