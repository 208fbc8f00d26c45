"""The iterators that the kernel brings."""

from sigma_core.data.iterators.minibatch import Minibatch
from sigma_core.data.iterators.undivided import Undivided
from sigma_core.data.iterators.unified import Unified

__all__ = ["Minibatch", "Undivided", "Unified"]
