"""Events of the bus alone; no hook belongs to them."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from sigma_core.events._event import Event


@frozen(kw_only=True)
class LogRecorded(Event):
    """A structured log entry: its text, the fields bound to it and its time in seconds since 1970."""

    level: str
    text: str
    fields: Mapping[str, Any] = field(factory=dict)
    time: float
    logger: str


@frozen(kw_only=True)
class SubscriberFailed(Event):
    """A subscriber of the bus raised and receives nothing any more."""

    subscriber: str
    reason: str
