"""Backends of the kernel, over which the contract is tested."""

import pytest

from sigma_core.backends.debug import DebugBackend
from sigma_core.backends.numpy import NumpyBackend


@pytest.fixture(params=[NumpyBackend(), DebugBackend()], ids=lambda backend: backend.name)
def backend(request):
    """Each of them."""
    return request.param
