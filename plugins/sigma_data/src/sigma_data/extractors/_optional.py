"""Libraries that only some extractors need, imported when one of them first reads."""

from importlib import import_module
from typing import Any

from sigma_core.extend import PluginUnavailableError


def optional(module: str, library: str, extra: str, where: str) -> Any:
    """A module of a library; raises `PluginUnavailableError` with the command that installs it where it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        raise PluginUnavailableError(
            where,
            f"it takes {library} to read it, which is not installed",
            f"the optional dependency sigma-data[{extra}]",
            f"pip install 'sigma-data[{extra}]'",
        ) from error
