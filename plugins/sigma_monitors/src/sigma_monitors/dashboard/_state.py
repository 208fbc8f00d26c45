"""What the dashboard keeps for itself, in files that nobody else can read: the key of its sessions."""

import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from html import escape
from pathlib import Path

from sigma_core.extend import SigmaError

KEY_BYTES = 32


class StateError(SigmaError):
    """The dashboard's own folder cannot be used, or others can read what is in it."""


def state_directory(environ: Mapping[str, str], platform: str) -> Path:
    """Where the dashboard keeps what is to outlive it, where the platform keeps the state of a user's programs."""
    if platform == "win32":
        base = Path(environ["LOCALAPPDATA"]) if environ.get("LOCALAPPDATA") else Path.home() / "AppData" / "Local"
    elif platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(environ["XDG_STATE_HOME"]) if environ.get("XDG_STATE_HOME") else Path.home() / ".local" / "state"
    return base / "sigma" / "dashboard"


def session_key(folder: Path) -> bytes:
    """The key that signs the sessions of a user (32 bytes): made once, then read. Raises StateError.

    Whoever removes the file ends all sessions.
    """
    path = folder / "session.key"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists() and not path.is_symlink():
            _write(path, secrets.token_bytes(KEY_BYTES).hex(), replace=False)
        return bytes.fromhex(_read(path))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StateError(
            f"key of the dashboard's sessions {str(path)!r}",
            str(reason),
            f"a file of {KEY_BYTES} bytes in hexadecimal that only its owner can read",
            "remove it, and a new one is made; sessions that were open end",
        ) from error


def entrance(folder: Path, address: str) -> Path:
    """A page, for this user alone, that leads to an address with a token. Raises StateError.

    A browser is opened with the name of this file: what stands in a command line, every user of a machine can read.
    """
    path = folder / "entrance.html"
    target = escape(address, quote=True)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(
            path,
            '<!doctype html>\n<meta charset="utf-8">\n<meta name="referrer" content="no-referrer">\n'
            f'<meta http-equiv="refresh" content="0;url={target}">\n'
            f'<title>Sigma</title>\n<p><a href="{target}">Sigma</a></p>\n',
            replace=True,
        )
    except OSError as error:
        raise StateError(
            f"entrance of the dashboard {str(path)!r}",
            str(error.strerror),
            "a folder that can be written to",
            "open the address that is printed by hand",
        ) from error
    return path


def _write(path: Path, text: str, *, replace: bool) -> None:
    """The whole text or nothing, readable by its owner from the first moment on."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(beside, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    try:
        if replace:
            beside.replace(path)
            return
        # Of two dashboards that start at once, the first one's key is everybody's.
        with suppress(FileExistsError):
            path.hardlink_to(beside)
    except OSError:
        # A file system without such links.
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> str:
    # Neither to where a link leads, nor until somebody writes into a pipe.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), encoding="utf-8") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise ValueError("it is no file")
        if os.name == "posix" and (state.st_uid != os.geteuid() or state.st_mode & 0o077):
            raise ValueError("others can read it, or own it")
        text = file.read(4 * KEY_BYTES)
    if len(text) != 2 * KEY_BYTES:
        raise ValueError(f"it has {len(text)} characters, not {2 * KEY_BYTES}")
    return text
