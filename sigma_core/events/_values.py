"""An event of the bus alone; no hook belongs to it."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from sigma_core.events._event import Event, scores


@frozen(kw_only=True)
class ValuesPublished(Event):
    """Values that the hook `source` found, by name.

    Numbers, which stores keep as time series; arrays and nested lists, texts, and tables of all these.
    """

    source: str
    epoch: int
    iteration: int
    values: Mapping[str, Any] = scores()
