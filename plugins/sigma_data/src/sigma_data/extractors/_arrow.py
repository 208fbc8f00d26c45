"""PyArrow, which reads the formats of tables; imported when one of them is first read."""

from typing import Any

from sigma_data.extractors._optional import optional


def arrow(name: str, where: str) -> Any:
    """A module of PyArrow; raises `PluginUnavailableError` where that is not installed."""
    return optional(name, "PyArrow", "tables", where)
