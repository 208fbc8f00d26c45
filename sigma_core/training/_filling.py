"""The first values of parameters, as initialisers make them."""

from collections.abc import Collection, Mapping
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from sigma_core.errors import NetworkError
from sigma_core.network import Initialiser, Network, Parameter
from sigma_core.registry import most_specific
from sigma_core.training._calls import calling
from sigma_core.training._layout import selected

Arrays = dict[str, NDArray[np.generic]]


def filled(
    network: Network, *, seed: int, initialisers: Mapping[str, Initialiser], only: Collection[str] | None = None
) -> Arrays:
    """Values of parameters as their initialisers make them: of all, or of those that are named.

    Raises NetworkError for an initialiser that makes no such values, IdentifierError for a pattern without parameters.
    """
    chosen = _chosen(network, initialisers)
    values = {}
    for identifier, spec in network.parameters.items():
        if only is None or identifier in only:
            # A generator for each, so that another layer leaves the others as they were.
            key = np.array([seed, crc32(identifier.encode())], np.uint64)
            random = np.random.Generator(np.random.Philox(key=key))
            values[identifier] = _filled(network, identifier, spec, chosen.get(identifier, spec.initialiser), random)
    return values


def _filled(
    network: Network, identifier: str, spec: Parameter, initialiser: Any, random: np.random.Generator
) -> NDArray[np.generic]:
    if not isinstance(initialiser, Initialiser):
        raise NetworkError(
            identifier,
            f"its initialiser is {initialiser!r}",
            "an object of a class that derives from Initialiser",
            'give one, as Gaussian(), or the layer a setting of component("initialisers")',
        )
    with calling(f"{identifier}, initialiser {type(initialiser).__name__}"):
        values = np.asarray(initialiser.fill(spec.shape, random))
    if values.shape == spec.shape and not _fits(values, network.dtype):
        raise NetworkError(
            identifier,
            f"its initialiser made {values.dtype} that are not finite numbers of {network.dtype}",
            f"finite numbers of shape {spec.shape}",
            "correct its `fill`, or choose another initialiser",
        )
    if values.shape != spec.shape:
        raise NetworkError(
            identifier,
            f"its initialiser made an array of shape {values.shape}",
            f"shape {spec.shape}",
            "return an array of the shape that `fill` is given",
        )
    return values


def _fits(values: NDArray[Any], dtype: np.dtype) -> bool:
    with np.errstate(over="ignore"):
        return values.dtype.kind in "biuf" and bool(np.isfinite(values.astype(dtype)).all())


def _chosen(network: Network, initialisers: Mapping[str, Initialiser]) -> dict[str, Initialiser]:
    """The initialiser that a pattern names, for each parameter that one matches."""
    chosen = {}
    used = set()
    for identifier, spec in network.parameters.items():
        pattern = most_specific(initialisers, identifier, spec.tags)
        if pattern is not None:
            chosen[identifier] = initialisers[pattern]
            used.add(pattern)
    for pattern in initialisers:
        if pattern not in used:
            # One that is merely beaten by others is no mistake.
            selected(network.parameters, pattern, "initialisers")
    return chosen
