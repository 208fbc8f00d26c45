"""Checkpoints: a directory with `state.safetensors` and `manifest.json`, whole or not there at all.

Both are written under a temporary name, flushed to the disk and renamed together with their directory. An old
checkpoint of that name is set aside before and removed after; a crash between leaves it where `read` finds it. The
manifest holds a checksum of the arrays. No pickle anywhere.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.errors import CheckpointError, StorageError

VERSION = 1
_ARRAYS = "state.safetensors"
_MANIFEST = "manifest.json"
# What may lie in a checkpoint: its files, and what the windows of macOS and Windows leave wherever they look.
_OURS = frozenset({_ARRAYS, _MANIFEST, ".DS_Store", "Thumbs.db", "desktop.ini"})
# Windows will not rename a folder while anybody, such as a scanner for viruses, has a file of it open: seconds to wait
# before each further try. Elsewhere a refusal is final.
_WAITS = (0.05, 0.2, 1.0) if os.name == "nt" else ()


@frozen(eq=False)
class Checkpoint:
    """Arrays by name, and everything else that decides how a training goes on, in JSON's terms."""

    arrays: Mapping[str, np.ndarray]
    state: Mapping[str, Any]

    def write(self, directory: Path | str) -> Path:
        """Write to `directory`, in place of a checkpoint that is there, which stays whole until the new one is.

        Raises StorageError when the disk refuses, CheckpointError where something else is or for a state that JSON
        cannot write.
        """
        from safetensors.numpy import save

        directory = Path(directory)
        try:
            _check_place(directory)
        except OSError as error:
            raise _refused(directory, error) from error
        temporary = directory.with_name(f".{directory.name}.{os.getpid()}.partial")
        data = save({name: np.asarray(array, order="C") for name, array in self.arrays.items()})
        manifest = self._manifest(directory, data)
        previous = _set_aside(directory)
        try:
            # What a crash has left under that name.
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            _flushed(temporary / _ARRAYS, data)
            _flushed(temporary / _MANIFEST, manifest)
            _exchange(temporary, directory, previous)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            raise _refused(directory, error) from error
        return directory

    def _manifest(self, directory: Path, data: bytes) -> bytes:
        manifest = {
            "format": "sigma-checkpoint",
            "version": VERSION,
            "sha256": hashlib.sha256(data).hexdigest(),
            "state": dict(self.state),
        }
        try:
            return json.dumps(manifest, indent=1).encode()
        except (TypeError, ValueError) as error:
            raise CheckpointError(
                str(directory),
                f"the state cannot be written: {error}",
                "states of hooks and criteria made of JSON values",
                "return numbers, texts, lists and dictionaries from state()",
            ) from error

    @classmethod
    def read(cls, directory: Path | str) -> "Checkpoint":
        """The checkpoint in a directory. Raises CheckpointError when it is missing, damaged or of another version."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        directory = Path(directory)
        place = directory if directory.exists() or not _set_aside(directory).exists() else _set_aside(directory)
        try:
            manifest = json.loads((place / _MANIFEST).read_text("utf-8"))
            data = (place / _ARRAYS).read_bytes()
        except OSError as error:
            raise CheckpointError(
                str(directory),
                f"cannot be read: {error}",
                "the folder of a checkpoint",
                "give the folder that was saved",
            ) from error
        except (ValueError, RecursionError) as error:
            raise _damaged(directory, f"{_MANIFEST} is no JSON: {error}") from error
        if not isinstance(manifest, dict) or manifest.get("format") != "sigma-checkpoint":
            raise _damaged(directory, f"{_MANIFEST} is not that of a checkpoint")
        if manifest.get("version") != VERSION:
            raise CheckpointError(
                str(directory),
                f"it has version {manifest.get('version')!r}",
                f"version {VERSION}",
                "read it with the version of sigma-core that wrote it",
            )
        if hashlib.sha256(data).hexdigest() != manifest.get("sha256"):
            raise _damaged(directory, f"the checksum of {_ARRAYS} is another than the manifest's")
        if not isinstance(manifest.get("state"), dict):
            raise _damaged(directory, f"{_MANIFEST} has no state")
        try:
            return cls(load(data), manifest["state"])
        except SafetensorError as error:
            raise _damaged(directory, f"{_ARRAYS}: {error}") from error


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


def _set_aside(directory: Path) -> Path:
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


def _flushed(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _refused(directory: Path, error: OSError) -> StorageError:
    return StorageError(
        str(directory),
        f"cannot be written: {error}",
        "a folder that can be written, with room left",
        "free some space or choose another folder",
    )


def _damaged(directory: Path, found: str) -> CheckpointError:
    return CheckpointError(str(directory), found, "a whole checkpoint", "use another checkpoint of the run")
