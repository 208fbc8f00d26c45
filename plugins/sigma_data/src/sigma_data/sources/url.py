"""A file of the web, fetched once."""

from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from sigma_core.extend import Source, fields
from sigma_data.sources._download import Download
from sigma_data.sources._environment import cache_of
from sigma_data.sources._marks import mark
from sigma_data.sources._paths import expanded
from sigma_data.sources._streams import LARGEST_RATIO, decompressed
from sigma_data.sources.file import File


def _check_address(url: Any, definition: Any, address: str) -> None:
    try:
        parts = urlsplit(address)
        is_sound = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_sound = False
    if not is_sound:
        expected = "an http or https address, such as https://example.org/a.csv"
        raise fields.refusal(url, definition, address, expected)


def _check_sum(url: Any, definition: Any, text: str) -> None:
    if text and not (len(text) == 64 and set(text) <= set("0123456789abcdef")):
        raise fields.refusal(url, definition, text, "64 hexadecimal digits, as sha256sum prints them")


def _lower(text: str) -> str:
    return text.strip().lower()


@frozen
class URL(Source):
    """A file that is fetched when it is first asked for, then kept; decompressed when it is compressed.

    It is written beside its place and moved there when it is whole, by one process while others wait for it. What has
    come when a connection breaks, or the process ends, is kept, and gone on with where the server can do that. Proxies
    are those of HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY in the system's environment unless one is given,
    passwords those of a `.netrc` file.
    """

    address: str = field(validator=_check_address)
    sha256: str = field(default="", converter=_lower, validator=_check_sum)
    """The SHA-256 of the file as it is served; anything else is refused. Addresses of the same sum share one file."""
    path: str = ""
    """Where to keep it; by default in the cache."""
    retries: int = fields.integer(default=5, at_least=0)
    """How often to try again after one that brought nothing new."""
    back_off: float = fields.number(default=0.5, at_least=0)
    """Seconds before the second try; twice as many before each further one, up to a minute, more or less by half."""
    patience: float = fields.number(default=30.0, above=0)
    """Seconds without a byte after which a connection counts as broken."""
    proxy: str = ""
    """The address of a proxy, in place of those of the environment variables."""
    largest_ratio: float = fields.number(default=LARGEST_RATIO, above=0)
    """As that of a file."""

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the file, fetched if need be; raises as `fetch`."""
        path = self.fetch(environment)
        return decompressed(File(path).raw(), self.describe(), environment, self.largest_ratio)

    def fetch(self, environment: Any = None) -> Path:
        """Where the file lies, fetched if need be.

        Raises `DownloadError` when it cannot be had, whole and right, and `StorageError` when it cannot be written.
        """
        return self._download(environment).fetched()

    def is_fetched(self, environment: Any = None) -> bool:
        """Whether it is there, so that nothing has to be asked of a server."""
        return self._download(environment).destination.is_file()

    def describe(self) -> str:
        """The address, but for a password in it."""
        return f"url '{self.shown}'"

    def location(self) -> str:
        """The path of the address."""
        return unquote(urlsplit(self.address).path)

    @property
    def shown(self) -> str:
        """The address as messages and notes have it: without the password that may be in it."""
        parts = urlsplit(self.address)
        if parts.password is None:
            return self.address
        return parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")).geturl()

    def fingerprint(self, environment: Any = None) -> str | None:
        """Its SHA-256; where that is not given, of the file that was fetched."""
        return mark("url", self.sha256 or self._download(environment).fetched_sum())

    def _download(self, environment: Any) -> Download:
        # By its sum, so that mirrors share what one of them gave, in whole or in part.
        place = expanded(self.path, self.describe()).absolute() if self.path else ""
        book = cache_of(environment) / "downloads" / mark(self.sha256 or self.address, place)[:24]
        return Download(self, environment, _name(self.address), place or book / "content", book)


def _name(address: str) -> str:
    """The last name in an address, made fit for a file."""
    name = PurePosixPath(unquote(urlsplit(address).path)).name
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name).lstrip(".")
    return kept[-100:] or "download"
