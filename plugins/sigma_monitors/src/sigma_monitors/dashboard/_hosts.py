"""Who a request says that it is for, and which page sent it: the guard against rebound names and foreign pages."""

import re
import socket
from collections.abc import Collection, Iterable
from ipaddress import ip_address

from attrs import frozen

from sigma_monitors.dashboard._messages import Scope, values

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_READING = frozenset({"GET", "HEAD"})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def hosts_of(host: str, names: Iterable[str] = ()) -> frozenset[str]:
    """What a server that listens at `host` may be called: the address, this machine's name, and `names`.

    One that listens everywhere (`0.0.0.0`, `::`) may be called by any literal address, but by no other name.
    """
    own = {_literal(host), *(name.lower() for name in names)}
    if is_loopback(host):
        return LOOPBACK | own
    machine = socket.gethostname().lower()
    return frozenset({*own, machine, f"{machine}.local", *(LOOPBACK if _is_everywhere(host) else ())})


@frozen
class Host:
    """What a request names as its server, in lower case: `127.0.0.1` and `8050`."""

    name: str
    port: str

    def __str__(self) -> str:
        """As a browser writes it."""
        return f"{self.name}:{self.port}" if self.port else self.name

    @classmethod
    def of(cls, scope: Scope) -> "Host | None":
        """That of a request; None if it names none, several, or one that is no name."""
        named = values(scope, b"host")
        match = _HOST.fullmatch(named[0].decode("latin-1").lower()) if len(named) == 1 else None
        return None if match is None else cls(match["name"], match["port"] or "")

    def is_one_of(self, allowed: Collection[str]) -> bool:
        """Whether the server answers to it.

        Any name of an attacker can be made to lead here, so names are compared with a list. A literal address leads
        nowhere else, which is why all of them are good for a server that listens everywhere.
        """
        return _literal(self.name) in allowed or (_is_address(self.name) and any(map(_is_everywhere, allowed)))


def is_foreign(scope: Scope, host: Host, *, is_secure: bool) -> bool:
    """Whether a page of another origin sent it; going to a page by a link or by typing is not foreign.

    `SameSite` of cookies does not tell apart two servers of one machine, whose ports differ; the origin does.
    """
    origins = values(scope, b"origin")
    sites = values(scope, b"sec-fetch-site")
    if not origins:
        # Browsers always name the origin of a websocket, and of whatever writes.
        if scope["type"] == "websocket":
            return True
        return any(site not in (b"same-origin", b"none") for site in sites) and not is_visit(scope)
    if origins == [b"null"] and scope["type"] == "http":
        # A form of a page that tells no referrer has no origin; only the browser itself can say what follows.
        return sites != [b"same-origin"]
    own = f"{'https' if is_secure else 'http'}://{host}"
    return [origin.decode("latin-1").lower() for origin in origins] != [own]


def is_visit(scope: Scope) -> bool:
    """Whether a browser is about to show the answer as a page of its own, not in a frame."""
    told = (values(scope, b"sec-fetch-mode"), values(scope, b"sec-fetch-dest"))
    return scope["method"] in _READING and told == ([b"navigate"], [b"document"])


def comes_from_elsewhere(scope: Scope) -> bool:
    """Whether it is a visit by a link on a page of another site: there, browsers keep strict cookies to themselves."""
    return is_visit(scope) and values(scope, b"sec-fetch-site") == [b"cross-site"]


def _literal(host: str) -> str:
    """An address in the one way that `Host` may write it; other names in lower case."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host.lower()
    return f"[{address}]" if address.version == 6 else str(address)


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host.strip("[]")))
    except ValueError:
        return False


def _is_everywhere(host: str) -> bool:
    return _is_address(host) and ip_address(host.strip("[]")).is_unspecified
