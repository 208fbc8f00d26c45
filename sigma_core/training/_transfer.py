"""Parameters from elsewhere: which of them there are, and what they are called here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sigma_core.errors import CheckpointError, IdentifierError, TrainerError, listed
from sigma_core.network import Parameter
from sigma_core.registry import matches, words_of
from sigma_core.training._checkpoint import Checkpoint
from sigma_core.training._keeping import checkpoint_in


def parameters_of(source: Any) -> Mapping[str, Any]:
    """The parameters in the folder of a checkpoint, or in a mapping by identifier.

    Raises CheckpointError for a folder that holds none, IdentifierError for a mapping by anything else, TrainerError
    for any other source.
    """
    if isinstance(source, Mapping):
        for name in source:
            words_of(name)
        return source
    if not isinstance(source, str | Path):
        raise TrainerError(
            "transfer",
            f"its source is a {type(source).__name__}",
            "a trainer, the folder of a checkpoint, or a mapping of arrays by identifier",
            "give one of these",
        )
    return load_parameters(source)


def load_parameters(path: Path | str) -> dict[str, np.ndarray]:
    """The parameters in a checkpoint by identifier; of a run's directory, those of its newest whole checkpoint.

    Raises CheckpointError where there are none.
    """
    arrays = Checkpoint.read(checkpoint_in(path)).arrays
    found = {name: array for name, array in arrays.items() if name.startswith("network.")}
    if not found:
        raise CheckpointError(
            str(path), "it holds no parameters", "a checkpoint with parameters", "use another checkpoint of the run"
        )
    return found


def moved(
    given: Mapping[str, Any], pattern: str, into: str | None, declared: Mapping[str, Parameter]
) -> dict[str, Any]:
    """What matches the pattern, by the identifiers that it has among the declared parameters.

    Raises IdentifierError where nothing matches, nothing of it is declared, something has another shape, or the pattern
    or `into` is malformed.
    """
    where = f"transfer, pattern {pattern!r}"
    tags = {name: spec.tags for name, spec in declared.items()}
    found = {name: array for name, array in given.items() if matches(pattern, name, tags.get(name, ()))}
    if not found:
        raise IdentifierError(
            where,
            "it matches nothing in the source",
            listed(given, pattern),
            "write a pattern that matches one of these",
        )
    named = {name: name if into is None else _named(name, pattern, into) for name in found}
    here = {target: found[name] for name, target in named.items() if target in declared}
    if not here:
        first = next(iter(named.values()))
        raise IdentifierError(
            where, f"this network has no {first}", listed(declared, first), "say with `into` what they are called here"
        )
    for target, array in here.items():
        shape = declared[target].shape
        if np.shape(array) != shape:
            raise IdentifierError(
                target,
                f"it is to be copied from an array of shape {np.shape(array)}",
                f"shape {shape}",
                "leave it out, with a pattern that matches less",
            )
    return here


def _named(name: str, pattern: str, into: str) -> str:
    """An identifier with its first words, which the pattern names as they are, replaced."""
    words = pattern.split(".")
    literal = next((count for count, word in enumerate(words) if set(word) & set("*<")), len(words))
    return ".".join([*words_of(into), *name.split(".")[literal:]])
