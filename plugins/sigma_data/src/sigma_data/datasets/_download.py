"""Fetch a file from the first of several addresses that gives it whole."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from sigma_core.extend import DownloadError, StorageError

_PIECE = 1 << 16
# Seconds without a byte after which the next address is tried.
_PATIENCE = 30


class _Refused(Exception):  # noqa: N818  # no error yet: the next address may do
    """Why one address did not give the file."""


def download(addresses: Sequence[str], destination: Path, sha256: str, log: Any = None) -> None:
    """Put the file with that SHA-256 at `destination`, whole or not at all.

    It is written to a temporary name and renamed when its sum is right, so that several processes may do this at
    once. Raises `DownloadError` with what each address answered when none gave the file, `StorageError` when it cannot
    be written.
    """
    reasons = []
    for address in addresses:
        if log is not None:
            log.info("download_started", address=address, destination=str(destination))
        try:
            _fetch(address, destination, sha256)
        except _Refused as refused:
            reasons.append(f"{address}: {refused}")
        else:
            return
    raise DownloadError(
        f"download of {destination.name}",
        "; ".join(reasons) or "there is no address to get it from",
        "one address that gives the whole file",
        f"try again later, or put the file into '{destination.parent}' yourself",
    )


def _fetch(address: str, destination: Path, sha256: str) -> None:
    if urlsplit(address).scheme not in ("http", "https"):
        raise _Refused("it is no http or https address")
    temporary = None
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=destination.parent, prefix=destination.name, suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            digest = _copy(address, file)
            file.flush()
            os.fsync(file.fileno())
        if digest != sha256:
            raise _Refused(f"its SHA-256 is {digest}, not {sha256}")
        temporary.replace(destination)
    except OSError as error:
        raise StorageError(
            f"download of {destination.name}",
            f"it cannot be written to '{destination.parent}': {error.strerror}",
            remedy="make room or choose another cache folder",
        ) from error
    finally:
        if temporary is not None:
            with suppress(FileNotFoundError):
                temporary.unlink()


def _copy(address: str, file: Any) -> str:
    """Copy what the address gives; its SHA-256. Faults of the network are refusals, those of the disk are not."""
    digest = hashlib.sha256()
    received = 0
    try:
        response = urlopen(address, timeout=_PATIENCE)  # noqa: S310  # the scheme was checked
    except HTTPError as error:
        error.close()  # it is the response, too
        raise _Refused(str(error)) from error
    except (OSError, HTTPException) as error:
        raise _Refused(str(error.reason if isinstance(error, URLError) else error)) from error
    with response:
        length = response.headers.get("Content-Length")
        while True:
            try:
                piece = response.read(_PIECE)
            except (OSError, HTTPException) as error:
                raise _Refused(f"it broke off after {received} bytes: {error}") from error
            if not piece:
                break
            file.write(piece)
            digest.update(piece)
            received += len(piece)
    if length is not None and received < int(length):
        raise _Refused(f"it broke off after {received} of {length} bytes")
    return digest.hexdigest()
