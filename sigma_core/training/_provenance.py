"""Which software had a part in a run, and how another differs from it."""

import hashlib
import platform
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sigma_core.registry import Distribution

if TYPE_CHECKING:
    from sigma_core.environment import Environment


def provenance(environment: "Environment") -> dict[str, Any]:
    """Python, NumPy, the kernel and every distribution that could have had a part, with versions and hashes of code."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "distributions": [
            {
                "name": each.name,
                "version": each.version,
                "status": each.status.value,
                "sha256": code_hash(_packages(each)),
            }
            for each in environment.components.distributions()
        ],
    }


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two provenances, each in some words; nothing where one is not known."""
    before, after = _flat(then), _flat(now)
    if not before:
        return []
    return [
        _difference(name, before.get(name), after.get(name))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]


def warn_of_differences(where: Path | str, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Say to the user what is not as it was when a checkpoint was written; nothing when all is."""
    found = differences(then, now)
    if found:
        warnings.warn(
            f"{where} was written by other software: {'; '.join(found)}; the run may end otherwise than it would have",
            UserWarning,
            stacklevel=2,
        )


def _flat(provenance: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Version and hash by name. A file may hold anything, so what does not read as such is passed over."""
    flat: dict[str, tuple[Any, Any]] = {}
    for name, value in provenance.items():
        if name == "distributions" and isinstance(value, list):
            active = (each for each in value if isinstance(each, Mapping) and each.get("status") == "active")
            flat |= {str(each.get("name")): (each.get("version"), each.get("sha256")) for each in active}
        else:
            flat[name] = value, None
    return flat


def _difference(name: str, then: tuple[Any, Any] | None, now: tuple[Any, Any] | None) -> str:
    if now is None:
        return f"{name} {then[0] if then else ''} is not used any more"
    if then is None:
        return f"{name} {now[0]} is new"
    if then[0] != now[0]:
        return f"{name} was {then[0]} and is {now[0]}"
    return f"{name} {now[0]} has other code"


def _packages(distribution: Distribution) -> tuple[str, ...]:
    values = [component.value for component in distribution.components]
    if distribution.plugin is not None:
        values.append(distribution.plugin)
    return tuple(sorted({value.partition(":")[0].partition(".")[0] for value in values}))


@cache
def code_hash(packages: tuple[str, ...]) -> str:
    """A hash of the sources of top-level packages, found without importing any; read once in a process."""
    digest = hashlib.sha256()
    for path, name in _sources(packages):
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(packages: Iterable[str]) -> Iterator[tuple[Path, str]]:
    for package in packages:
        try:
            spec = find_spec(package)
        except (ImportError, ValueError):
            continue
        if spec is None:
            continue
        for folder in map(Path, spec.submodule_search_locations or ()):
            found = sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*.py"))
            yield from ((path, name) for name, path in found)
        if spec.submodule_search_locations is None and spec.origin and spec.origin.endswith(".py"):
            yield Path(spec.origin), f"{package}.py"
