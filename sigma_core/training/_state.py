"""The numbers of a training: flat vectors of parameters and optimiser slots, counters and hyperparameters."""

from collections.abc import Mapping
from typing import Any
from zlib import crc32

import numpy as np
from attrs import fields, frozen
from numpy.typing import NDArray

from sigma_core.errors import IdentifierError, NetworkError, listed
from sigma_core.network import Initialiser, Network
from sigma_core.registry import most_specific
from sigma_core.training._calls import calling
from sigma_core.training._layout import Layout
from sigma_core.training._optimiser import Optimiser

Arrays = dict[str, NDArray[np.generic]]


def settings_of(optimiser: Optimiser) -> tuple[Any, ...]:
    """The attrs fields of an optimiser."""
    # Every optimiser is an attrs class, which its abstract base cannot tell the type checker.
    found: tuple[Any, ...] = fields(type(optimiser))  # type: ignore[arg-type]
    return found


def hyperparameters(optimiser: Optimiser) -> dict[str, float]:
    """The float settings of an optimiser by identifier, such as `optimiser.learning_rate`."""
    values = {field.name: getattr(optimiser, field.name) for field in settings_of(optimiser)}
    return {f"optimiser.{name}": value for name, value in values.items() if isinstance(value, float)}


@frozen(eq=False)
class TrainingState:
    """All arrays that a step reads and replaces, by name.

    `parameters` and `fixed` are flat vectors (see Layout), `slots.<name>` have the shape of `parameters`; `step`,
    `key` (seed, step), `totals.loss`, `totals.records` and the hyperparameters are scalars. A checkpoint is this
    dictionary, and nothing else decides what the next step computes.
    """

    layout: Layout
    arrays: Arrays

    @classmethod
    def initial(
        cls,
        network: Network,
        optimiser: Optimiser,
        *,
        seed: int,
        initialisers: Mapping[str, Initialiser] | None = None,
    ) -> "TrainingState":
        """Parameters filled by their initialisers, slots as the optimiser wants them, counters at zero.

        Each parameter draws from a generator of its own, keyed by the seed and its identifier, so that adding a layer
        leaves the others as they were. Of several patterns in `initialisers` the most specific wins. Raises
        IdentifierError for a pattern that matches nothing.
        """
        layout = Layout.of(network.parameters)
        trainable = np.empty(layout.trainable_size, network.dtype)
        fixed = np.empty(layout.fixed_size, network.dtype)
        views = layout.views(trainable, fixed)
        chosen = _chosen(network, initialisers or {})
        for identifier, spec in network.parameters.items():
            random = np.random.Generator(np.random.Philox(key=np.array([seed, crc32(identifier.encode())], np.uint64)))
            initialiser = chosen.get(identifier, spec.initialiser)
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
            views[identifier][...] = values
        arrays: Arrays = {"parameters": trainable, "fixed": fixed}
        for name, start in vars(type(optimiser).slots).items():
            arrays[f"slots.{name}"] = np.full(layout.trainable_size, start, network.dtype)
        arrays |= {name: np.array(value, np.float64) for name, value in hyperparameters(optimiser).items()}
        arrays["step"] = np.array(0.0)
        arrays["key"] = np.array([seed, 0], np.uint64)
        arrays["totals.loss"] = np.array(0.0)
        arrays["totals.records"] = np.array(0.0)
        return cls(layout, arrays)


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
        if pattern not in used and not _is_matched(pattern, network):
            raise IdentifierError(
                f"initialisers, pattern {pattern!r}",
                "it matches no parameter",
                listed(network.parameters, pattern),
                "write a pattern that matches one of these",
            )
    return chosen


def _is_matched(pattern: str, network: Network) -> bool:
    return any(most_specific([pattern], identifier, spec.tags) for identifier, spec in network.parameters.items())
