"""How many batches are made ahead, and by whom."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from sigma_core.errors import SettingError, listed
from sigma_core.registry import Fault
from sigma_core.training.recipe._lines import Place

if TYPE_CHECKING:
    from sigma_core.training.recipe._compose import Reader

_DEPTH, _THREADS = 64, 32


@frozen
class Ahead:
    """At least `depth` batches are made ahead by `threads`, perhaps only where making them takes long."""

    depth: int = 2
    threads: int = 1
    is_where_slow: bool = False

    @property
    def count(self) -> int | None:
        """Batches that are made ahead; none is said where that is as it turns out."""
        return None if self.is_where_slow else self.depth

    def written(self) -> Any:
        """As a recipe has it."""
        if self.is_where_slow:
            return "auto"
        return self.depth if self.threads == 1 else {"depth": self.depth, "threads": self.threads}


def batches_ahead(reader: "Reader", value: Any, place: Place) -> Ahead:
    """Reads `"auto"`, a number, or a table with `depth` and `threads`."""
    if isinstance(value, str) and value == "auto":
        return Ahead(is_where_slow=True)
    if not isinstance(value, Mapping):
        expected = f'"auto", a whole number from 0 to {_DEPTH}, or a table with depth and threads'
        return Ahead(_number(reader, value, place, 0, _DEPTH, expected))
    for name in value:
        if name not in ("depth", "threads"):
            where = ".".join(map(str, (*place, name)))
            expected = listed(("depth", "threads"), str(name))
            error = SettingError(where, f"there is no setting {name!r}", expected, "leave it out")
            reader.faults.append(Fault((*place, name), error))
    depth = _number(reader, value.get("depth", 2), (*place, "depth"), 0, _DEPTH)
    return Ahead(depth, _number(reader, value.get("threads", 1), (*place, "threads"), 1, _THREADS))


def _number(  # noqa: PLR0913, PLR0917  # a value and what it is to be
    reader: "Reader", value: Any, place: Place, lowest: int, highest: int, expected: str = ""
) -> int:
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if is_whole and lowest <= value <= highest:
        return int(value)
    reader.refuse(place, repr(value), expected or f"a whole number from {lowest} to {highest}", "give such a number")
    return lowest
