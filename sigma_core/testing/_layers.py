"""The contract of layers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sigma_core.network import Block, Layer, arity
from sigma_core.testing._behaviour import check_passes
from sigma_core.testing._passes import Passes
from sigma_core.testing._routine import DTYPES, Backends
from sigma_core.testing._subject import Subject, examined


def check_layer(
    layer: Layer,
    *inputs: ArrayLike,
    sections: Mapping[str, ArrayLike] | None = None,
    behind: Layer | None = None,
    backends: Backends = None,
    dtypes: Sequence[str] = DTYPES,
) -> None:
    """Hold a layer to its contract, in a network of its own, on every backend and in every dtype.

    `inputs` are what its `forward` is given, (batch, ...): what comes in, then its sections of the data; by default
    vectors of 4 features, (5, 4). `sections` are further ones, which layers inside of a block name; `behind` is a layer
    in front of it, which it is fed by and may borrow parameters of. Checked are shapes and dtypes; that all backends
    agree; derivatives against finite differences; that records do not depend on each other outside training; batches
    of one record and of none; random numbers; state that is tracked; settings, as a recipe writes them; docstrings.
    Raises AssertionError with what was checked, what was expected and what was found.
    """
    subject = examined("layers", Layer, layer, ("connect",) if isinstance(layer, Block) else ("forward",))
    arrays = [np.asarray(each) for each in inputs] or _vectors(subject)
    layer = subject.component
    first = len(arrays) - len(layer.sections)
    fewest, most = arity(layer)
    subject.claim(
        fewest <= first <= (first if most is None else most),
        "inputs",
        f"{fewest if most == fewest else f'{fewest} or more'} that come in, and {len(layer.sections)} sections of data",
        f"{len(arrays)} arrays",
    )
    with subject.trying("data that it can take", "that check_data accepts it"):
        layer.check_data(*[None] * first, *arrays[first:])
    data = dict(zip(layer.sections, arrays[first:], strict=True)) | {
        name: np.asarray(array) for name, array in (sections or {}).items()
    }
    check_passes(lambda dtype: Passes.of(subject, arrays[:first], data, behind=behind, dtype=dtype), backends, dtypes)


def _vectors(subject: Subject[Any]) -> list[NDArray[Any]]:
    random = np.random.default_rng(2)
    fewest, _ = arity(subject.component)
    return [random.normal(size=(5, 4)) for _ in range(fewest + len(subject.component.sections))]
