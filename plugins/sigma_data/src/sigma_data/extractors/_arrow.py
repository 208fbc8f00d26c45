"""PyArrow, which reads the formats of tables; imported when one of them is first read."""

from typing import Any

from sigma_core.extend import PluginUnavailableError


def arrow(name: str, where: str) -> Any:
    """A module of PyArrow; raises `PluginUnavailableError` where that is not installed."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise PluginUnavailableError(
            where,
            "it takes PyArrow to read it, which is not installed",
            "the optional dependency sigma-data[tables]",
            "pip install 'sigma-data[tables]'",
        ) from error
