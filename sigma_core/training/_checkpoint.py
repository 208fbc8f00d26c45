"""Checkpoints: a directory with `state.safetensors` and `manifest.json`, whole or not there at all.

Both are written under a temporary name, flushed to the disk and renamed together with their directory. An old
checkpoint of that name is set aside before and removed after; a crash between leaves it where `read` finds it. The
manifest holds checksums of the arrays and of itself. No pickle anywhere.
"""

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from sigma_core.errors import CheckpointError, CheckpointVersionError, StorageError
from sigma_core.training._arrays_file import pieces
from sigma_core.training._migrations import migrated

VERSION = 2
_ARRAYS = "state.safetensors"
_MANIFEST = "manifest.json"
# What may lie in a checkpoint: its files, and what the windows of macOS and Windows leave wherever they look.
_OURS = frozenset({_ARRAYS, _MANIFEST, ".DS_Store", "Thumbs.db", "desktop.ini"})
# Windows will not rename a folder while anybody, such as a scanner for viruses, has a file of it open: seconds to wait
# before each further try. Elsewhere a refusal is final.
_WAITS = (0.05, 0.2, 1.0) if os.name == "nt" else ()
# Nothing that is read is larger than what was written; a manifest is some kilobytes.
_LARGEST_MANIFEST = 2**28


@frozen(eq=False)
class Checkpoint:
    """Arrays by name, and everything else that decides how a training goes on, in JSON's terms.

    Parameters have their identifiers as names. `provenance` says which software wrote it, where that is known. `text`
    is the state as it was taken `apart`, and what is written then.
    """

    arrays: Mapping[str, np.ndarray]
    state: Mapping[str, Any]
    provenance: Mapping[str, Any] = field(factory=dict)
    text: str | None = None

    def apart(self, directory: Path | str) -> "Checkpoint":
        """The same, with a state that nobody else changes. Raises CheckpointError for one that JSON cannot write."""
        try:
            return evolve(self, text=json.dumps(dict(self.state)))
        except (TypeError, ValueError, RecursionError) as error:
            raise CheckpointError(
                str(directory),
                f"the state cannot be written: {error}",
                "states of hooks and criteria made of JSON values",
                "return numbers, texts, arrays of numbers, lists and dictionaries from state()",
            ) from error

    def write(self, directory: Path | str, older: Path | str | None = None) -> Path:
        """Write to `directory`, in place of a checkpoint that is there, which stays whole until the new one is.

        It is then kept as `older`, where that is given, in place of what is there. Raises StorageError when the disk
        refuses, CheckpointError where something else is or for a state that JSON cannot write.
        """
        directory = Path(directory)
        older = None if older is None else Path(older)
        try:
            _check_place(directory)
            if older is not None:
                _check_place(older)
        except OSError as error:
            raise _refused(directory, error) from error
        temporary = directory.with_name(f".{directory.name}.{os.getpid()}.partial")
        taken = self.apart(directory) if self.text is None else self
        data = list(pieces(self.arrays))
        digest = hashlib.sha256()
        for piece in data:
            digest.update(piece)
        manifest = {
            "format": "sigma-checkpoint",
            "version": VERSION,
            "arrays": {"bytes": sum(map(len, data)), "sha256": digest.hexdigest()},
            "provenance": dict(self.provenance),
            "state": json.loads(taken.text or ""),
        }
        previous = set_aside(directory)
        try:
            # What a crash has left under that name.
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            _flushed(temporary / _ARRAYS, data)
            _flushed(temporary / _MANIFEST, [_laid_out(sealed(manifest)).encode()])
            _flush_folder(temporary)
            _exchange(temporary, directory, previous)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            raise _refused(directory, error) from error
        _put_away(previous, older)
        return directory

    @classmethod
    def read(cls, directory: Path | str) -> "Checkpoint":
        """The checkpoint in a directory, of this version or an older one.

        Raises CheckpointError when it is missing or damaged, CheckpointVersionError when it is of a newer version.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        directory = Path(directory)
        try:
            place = directory if directory.exists() or not set_aside(directory).exists() else set_aside(directory)
            manifest = _manifest(directory, place / _MANIFEST)
            data = _data(directory, place / _ARRAYS, manifest)
        except OSError as error:
            raise CheckpointError(
                str(directory),
                f"cannot be read: {error}",
                "the folder of a checkpoint",
                "give the folder that was saved",
            ) from error
        try:
            arrays = load(data)
        # What it raises for kinds of numbers that NumPy does not have is no error of its own.
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise _damaged(directory, f"{_ARRAYS}: {error}") from error
        try:
            arrays, state = migrated(manifest["version"], arrays, manifest["state"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _damaged(directory, "its manifest does not say where its parameters lie") from error
        return cls(arrays, state, manifest.get("provenance") or {})


def checksum(directory: Path | str) -> str:
    """SHA-256 of the manifest of a checkpoint, which holds those of all else. Raises OSError where there is none."""
    return hashlib.sha256((Path(directory) / _MANIFEST).read_bytes()).hexdigest()


def manifest_of(directory: Path | str) -> dict[str, Any]:
    """What a checkpoint says of itself, without a look at its arrays.

    Raises CheckpointError when it is missing or damaged, CheckpointVersionError when it is of a newer version.
    """
    directory = Path(directory)
    try:
        return _manifest(directory, directory / _MANIFEST)
    except OSError as error:
        raise CheckpointError(
            str(directory), f"cannot be read: {error}", "the folder of a checkpoint", "give the folder that was saved"
        ) from error


def _manifest(directory: Path, path: Path) -> dict[str, Any]:
    _check_file(directory, path)
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise _damaged(directory, f"{_MANIFEST} is larger than any manifest")
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _damaged(directory, f"{_MANIFEST} is no JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != "sigma-checkpoint":
        raise _damaged(directory, f"{_MANIFEST} is not that of a checkpoint")
    version = manifest.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _damaged(directory, f"{_MANIFEST} has version {version!r}"[:200])
    if version > VERSION:
        raise CheckpointVersionError(
            str(directory),
            f"it has version {version!r}",
            f"versions 1 to {VERSION}",
            "read it with the version of sigma-core that wrote it",
        )
    if version > 1 and manifest.get("sha256") != sealed(manifest)["sha256"]:
        raise _damaged(directory, f"{_MANIFEST} has another checksum than it says")
    if not isinstance(manifest.get("state"), dict):
        raise _damaged(directory, f"{_MANIFEST} has no state")
    if not isinstance(manifest.get("arrays", {}), dict) or not isinstance(manifest.get("provenance") or {}, dict):
        raise _damaged(directory, f"{_MANIFEST} does not say what was written by what")
    return manifest


def _data(directory: Path, path: Path, manifest: Mapping[str, Any]) -> bytes:
    # The first version said nothing of the length.
    told = manifest.get("arrays", {"sha256": manifest.get("sha256")})
    _check_file(directory, path)
    length = path.stat().st_size
    if told.get("bytes", length) != length:
        raise _damaged(directory, f"{_ARRAYS} has {length:,} bytes and not {_worded(told['bytes'])}")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != told.get("sha256"):
        raise _damaged(directory, f"the checksum of {_ARRAYS} is another than the manifest's")
    return data


def _check_file(directory: Path, path: Path) -> None:
    """What has no end, or waits for somebody who writes, is not read: a device, a pipe."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise _damaged(directory, f"{path.name} is no file")


def _worded(number: Any) -> str:
    return f"{number:,}" if isinstance(number, int) else repr(number)[:80]


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with a checksum of all else in it, which does not depend on how its JSON is laid out."""
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return rest | {"sha256": hashlib.sha256(text.encode()).hexdigest()}


def _laid_out(manifest: Mapping[str, Any]) -> str:
    """The manifest as JSON with a line for each of its parts and those of its state.

    The indentation of `json` is made in Python, which takes a millisecond from whatever else the interpreter does.
    """

    def lines(parts: Mapping[str, Any], indent: str) -> str:
        rows = (
            f"{indent}{json.dumps(name)}: {lines(part, indent + ' ') if name == 'state' else json.dumps(part)}"
            for name, part in parts.items()
        )
        return "{\n" + ",\n".join(rows) + "\n" + indent[:-1] + "}"

    return lines(manifest, " ")


def _check_place(directory: Path) -> None:
    """What is removed for a new checkpoint is an old one, damaged or not, and nothing else."""
    if directory.name in ("", ".."):
        found = "it is a folder that others lie in"
    elif directory.is_dir() and {path.name for path in directory.iterdir()} - _OURS:
        found = "it holds something else"
    elif directory.exists() and not directory.is_dir():
        found = "it is a file"
    else:
        return
    raise CheckpointError(str(directory), found, "a new folder, or a checkpoint to replace", "choose another folder")


def set_aside(directory: Path) -> Path:
    """Where the old checkpoint of that name is while the new one takes its place."""
    return directory.with_name(f".{directory.name}.previous")


def _exchange(new: Path, directory: Path, previous: Path) -> None:
    """Put a whole folder in place of another; when that fails, the other is in its place again."""
    if directory.exists():
        shutil.rmtree(previous, ignore_errors=True)
        _renamed(directory, previous)
    try:
        _renamed(new, directory)
    except OSError:
        if previous.exists():
            _renamed(previous, directory)
        raise
    with suppress(OSError):
        # The new one is in place and whole; all that a refusal means is that a power cut may still undo the renaming.
        _flush_folder(directory.parent)


def _put_away(previous: Path, older: Path | None) -> None:
    """Keep what was replaced as `older`, or remove it. Nothing depends on that, so a refusal is left for next time."""
    if older is not None and previous.exists():
        shutil.rmtree(older, ignore_errors=True)
        with suppress(OSError):
            _renamed(previous, older)
            return
    shutil.rmtree(previous, ignore_errors=True)


def _renamed(path: Path, target: Path) -> None:
    for wait in _WAITS:
        try:
            path.rename(target)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    path.rename(target)


def _flushed(path: Path, data: Iterable[Any]) -> None:
    with path.open("wb") as file:
        for piece in data:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    """Have the names in a folder on the disk; Windows opens no folders, and keeps them by itself."""
    if os.name != "nt":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            # Some file systems over a network know of no such thing.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            os.close(descriptor)


def _refused(directory: Path, error: OSError) -> StorageError:
    return StorageError(
        str(directory),
        f"cannot be written: {error}",
        "a folder that can be written, with room left",
        "free some space or choose another folder",
    )


def _damaged(directory: Path, found: str) -> CheckpointError:
    return CheckpointError(str(directory), found, "a whole checkpoint", "use another checkpoint of the run")
