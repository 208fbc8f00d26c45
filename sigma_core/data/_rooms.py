"""Memory of batches, used again once nobody can be looking at them."""

from collections import deque
from collections.abc import Callable
from typing import Any


class Rooms:
    """Gives rooms to make batches in: new ones, or those whose batches may be overwritten.

    A batch stays as it is until `ahead` more have been asked for and the next of them is.
    """

    def __init__(self, new: Callable[[], Any], ahead: int = 1) -> None:
        self._new = new
        self._ahead = ahead
        self._free: list[Any] = []
        # Each with the number of its last batch, counted over all that were ever given.
        self._held: deque[tuple[int, Any]] = deque()
        self._given = 0

    def take(self) -> Any:
        """A room for the next batch, and for those behind it that are made with it."""
        while self._held and self._held[0][0] < self._given - self._ahead:
            self._free.append(self._held.popleft()[1])
        return self._free.pop() if self._free else self._new()

    def hold(self, room: Any, batches: int) -> None:
        """Keep a room out of which so many batches have been given."""
        self._given += batches
        self._held.append((self._given - 1, room))
