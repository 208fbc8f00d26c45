"""How often a secret may be guessed."""

from collections import deque
from collections.abc import Callable
from ipaddress import ip_address
from math import ceil

from attrs import define, field


@define(eq=False)
class Attempts:
    """Failures of the last `window` seconds; too many of one address, or of all, and no more are heard for a while.

    All together are limited too, since addresses are cheap. Whoever has a session never gets to notice.
    """

    clock: Callable[[], float]
    window: float = 300.0
    most_of_one: int = 10
    most_of_all: int = 100
    _failures: deque[tuple[float, str]] = field(factory=deque, init=False)

    def wait(self, address: str) -> int:
        """Seconds until the next attempt from an address is heard; 0 if it is now."""
        now = self.clock()
        while self._failures and self._failures[0][0] <= now - self.window:
            self._failures.popleft()
        everybody = [moment for moment, _ in self._failures]
        own = [moment for moment, other in self._failures if other == _group(address)]
        # The one whose end makes room for another attempt.
        ends = [
            moments[-most] + self.window
            for moments, most in ((own, self.most_of_one), (everybody, self.most_of_all))
            if len(moments) >= most
        ]
        return max(1, ceil(max(ends) - now)) if ends else 0

    def failed(self, address: str) -> None:
        """Count a failure. Nothing is counted while nobody is heard, so that the list stays short."""
        self._failures.append((self.clock(), _group(address)))

    def succeeded(self, address: str) -> None:
        """Forget the failures of an address: whoever mistyped is in."""
        own = _group(address)
        self._failures = deque(failure for failure in self._failures if failure[1] != own)


def _group(address: str) -> str:
    """Who counts as one: an address, but of IPv6 the network of 64 bits that anybody has to themselves."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped is not None else parsed.exploded[:19]
