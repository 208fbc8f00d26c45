"""Compiled kernels, kept in files: a program that was compiled once, in any process, is loaded the next time.

A file is named by what its code depends on: the kernels' source, the processor, the versions of the compilers and the
text of this package. It holds a mark, the length of the code, its SHA-256 and the code. It is written under another
name and renamed, so that no process ever sees half of it, and whoever comes second replaces it by the same.
"""

import json
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import numpy as np

from sigma_core.extend import cache_directory
from sigma_numba._machine import Loaded, features, load, processor

Kernels = Mapping[str, tuple[str, Sequence[np.dtype]]]
"""Source, and dtypes of the arguments, by name."""

MARK = b"sigma kernels 1\n"
_loaded: dict[str, Loaded] = {}
"""What this process has compiled or loaded."""


class CacheWarning(UserWarning):
    """Compiled code that could not be kept, or was found damaged; the program runs all the same."""

    def __init__(self, path: Path, found: str, remedy: str) -> None:
        self.path, self.found, self.remedy = path, found, remedy
        super().__init__(f"compiled code in '{path}': {found}; {remedy}")


def compiled(kernels: Kernels) -> Loaded:
    """The kernels as functions: from this process, from the cache, or compiled and put there."""
    key = _key(kernels)
    known = _loaded.get(key)
    if known is None:
        # A second thread that compiles the same meanwhile does no harm.
        known = _loaded[key] = load(_code(key, kernels), kernels)
    return known


def _code(key: str, kernels: Kernels) -> bytes:
    path = cache_directory(os.environ, sys.platform) / "numba" / f"{key}.o"
    is_told = True
    try:
        return _unpacked(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        is_told = False
    except OSError as error:
        _warn(path, f"it cannot be read: {error.strerror}", "it is compiled anew; if this comes again, remove it")
    except ValueError as error:
        _warn(path, str(error), "it is compiled anew and replaced")
    from sigma_numba._compile import object_code  # numba takes long to import

    code = object_code(kernels)
    try:
        _write(path, _packed(code))
    except OSError as error:
        # One warning is enough of one place.
        if not is_told:
            _warn_once(path.parent, f"it cannot be written: {error.strerror}")
    return code


def _packed(code: bytes) -> bytes:
    return MARK + len(code).to_bytes(8, "little") + sha256(code).digest() + code


def _unpacked(content: bytes) -> bytes:
    """The code in a file; raises ValueError when it is damaged."""
    start = len(MARK) + 8 + 32
    code = content[start:]
    if content[: len(MARK)] != MARK:
        raise ValueError("it is no file of compiled kernels")
    length = int.from_bytes(content[len(MARK) : len(MARK) + 8], "little")
    if len(code) != length:
        raise ValueError("it is cut off" if len(code) < length else "something was written behind it")
    if sha256(code).digest() != content[len(MARK) + 8 : start]:
        raise ValueError("its checksum is wrong")
    return code


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own, but what others may do with it is as for any file: a cache may be shared.
    new = path.with_name(f".{uuid4().hex}.new")
    try:
        new.write_bytes(content)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def _warn(path: Path, found: str, remedy: str) -> None:
    warnings.warn(CacheWarning(path, found, remedy), stacklevel=2)


@cache
def _warn_once(folder: Path, found: str) -> None:
    _warn(folder, found, "set SIGMA_CACHE to a folder that can be; until then every process compiles for itself")


def _key(kernels: Kernels) -> str:
    """What the code depends on, as one number."""
    sources = {name: [source, [dtype.str for dtype in dtypes]] for name, (source, dtypes) in kernels.items()}
    parts = [sources, processor(), features(), version("numba"), version("llvmlite"), _own_text()]
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _own_text() -> str:
    """The text of this package, for it decides what kernels become."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
