"""One question to a server, and its reply; whatever goes wrong with it is a refusal, told in a few words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import frozen

if TYPE_CHECKING:
    from requests import Response

    from sigma_data.sources.url import URL

_REST, _NO_REST = 206, 416
_AGAIN = (408, 425, 429)  # besides those from 500 on, what may be different in a moment
_PAGES = ("", ".asp", ".aspx", ".cgi", ".htm", ".html", ".jsp", ".php", ".shtml", ".xhtml")


class Refused(Exception):  # noqa: N818  # no error yet: the next try, or address, may do
    """Why a server did not give the file: for good, or what was begun is no use; how many seconds it asks to wait."""

    def __init__(
        self, reason: str, *, is_final: bool = False, is_stale: bool = False, pause: float = 0.0, remedy: str = ""
    ) -> None:
        super().__init__(reason)
        self.is_final = is_final
        self.is_stale = is_stale
        self.pause = pause
        self.remedy = remedy


@frozen
class Reply:
    """A file, or the rest of it, on its way."""

    response: "Response"
    is_rest: bool
    """Whether it goes on where what was begun ends; it may be empty."""
    total: int | None
    """Bytes of the whole file, as far as they are known."""
    patience: float

    @property
    def validator(self) -> str:
        """What tells this content from a later one of the same address; empty where the server has nothing for that."""
        etag = self.response.headers.get("ETag", "")
        # A weak one promises no equal bytes (RFC 9110, section 13.1.5).
        return etag if etag and not etag.startswith("W/") else self.response.headers.get("Last-Modified", "")

    def read(self, size: int) -> bytes:
        """The next bytes as they come, at most `size`; empty at the end."""
        if self.response.status_code == _NO_REST:
            return b""  # what it has is a page that says so
        with _refusals(self.patience, "it broke off: "):
            return self.response.raw.read1(size, decode_content=False) or b""


@contextmanager
def replies(url: "URL", start: int, validator: str) -> Iterator[Reply]:
    """Ask for the file, from byte `start` on if it is what `validator` says; raises `Refused`."""
    from requests import Session

    headers = {"Accept-Encoding": "identity", "User-Agent": "sigma-data"}
    if start:
        headers |= {"Range": f"bytes={start}-"} | ({"If-Range": validator} if validator else {})
    proxies = {"http": url.proxy, "https": url.proxy} if url.proxy else None
    with Session() as session:
        with _refusals(url.patience):
            response = session.get(
                url.address, headers=headers, stream=True, timeout=(url.patience, url.patience), proxies=proxies
            )
        with response:
            total = _checked(url, response, start)
            yield Reply(response, response.status_code in (_REST, _NO_REST), total, url.patience)


def _checked(url: "URL", response: "Response", start: int) -> int | None:
    """Bytes of the whole file as the reply has it, once it is known to be one."""
    status = response.status_code
    if url.address.startswith("https:") and not response.url.startswith("https:"):
        raise Refused(f"it leads to an address without encryption, {response.url}", is_final=True)
    if status in (_REST, _NO_REST):
        return _total_of_rest(response, start)
    if status != 200:
        reason = f"it answered {status} {response.reason}".rstrip()
        raise Refused(reason, is_final=status < 500 and status not in _AGAIN, pause=_pause(response))
    _check_kind(url, response)
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _total_of_rest(response: "Response", start: int) -> int | None:
    text = response.headers.get("Content-Range", "").strip()
    found = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", text)
    if found is not None and response.status_code == _REST and found[1] == str(start):
        return None if found[2] == "*" else int(found[2])
    if found is not None and response.status_code == _NO_REST and found[2] == str(start):
        return start  # all of it had come
    raise Refused(f"it cannot go on at byte {start}: it answered {response.status_code} {text}".rstrip(), is_stale=True)


def _check_kind(url: "URL", response: "Response") -> None:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    suffix = PurePosixPath(urlsplit(url.address).path).suffix.lower()
    if kind in ("text/html", "application/xhtml+xml") and suffix not in _PAGES:
        raise Refused(
            f"it gave a web page (Content-Type {kind}), not a {suffix} file",
            is_final=True,
            remedy="open the address in a browser: it may ask for a login, or have moved",
        )


def _pause(response: "Response") -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0


@contextmanager
def _refusals(patience: float, prefix: str = "") -> Iterator[None]:
    """What the library raises, as `Refused`."""
    from requests import exceptions as of_requests
    from urllib3 import exceptions as of_urllib3

    try:
        yield
    except (of_requests.Timeout, of_urllib3.TimeoutError) as error:
        raise Refused(f"{prefix}no byte came for {patience:g} seconds") from error
    except _final(of_requests) as error:
        raise Refused(f"{prefix}{_reason(error)}", is_final=True) from error
    except (of_requests.RequestException, of_urllib3.HTTPError, OSError) as error:
        raise Refused(f"{prefix}{_reason(error)}") from error


def _final(library: Any) -> tuple[type[Exception], ...]:
    return (library.TooManyRedirects, library.InvalidURL, library.InvalidSchema, library.SSLError)


def _reason(error: Any) -> str:
    """The innermost of the errors that a library wraps into each other."""
    while True:
        inner = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((each for each in getattr(error, "args", ()) if isinstance(each, BaseException)), None)
        if inner is None:
            return re.sub(r"^[\w.]*\(.*?\): ", "", str(error)) or type(error).__name__
        error = inner
