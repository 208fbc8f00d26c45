"""Checkpoints of older versions in the terms of today's, one step for each version."""

from collections.abc import Callable, Mapping
from typing import Any

from sigma_core.training._filling import Arrays
from sigma_core.training._layout import Layout

State = Mapping[str, Any]


def _named_parameters(arrays: Arrays, state: State) -> tuple[Arrays, State]:
    """Version 1 held the vectors `parameters` and `fixed`; since version 2 each parameter has a name and shape."""
    layout = Layout.described_by(state["layout"], state["shapes"])
    views = layout.views(arrays["parameters"], arrays["fixed"])
    return views | {name: array for name, array in arrays.items() if name not in ("parameters", "fixed")}, state


MIGRATIONS: Mapping[int, Callable[[Arrays, State], tuple[Arrays, State]]] = {1: _named_parameters}
"""By the version that is read: what makes the next one of it. A new version adds a line, and none is ever removed."""


def migrated(version: int, arrays: Arrays, state: State) -> tuple[Arrays, State]:
    """What a checkpoint of that version is today. What is wrong in it shows as KeyError, TypeError or ValueError."""
    while version in MIGRATIONS:
        arrays, state = MIGRATIONS[version](arrays, state)
        version += 1
    return arrays, state
