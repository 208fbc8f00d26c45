"""The contract of activations."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from sigma_core.graph import evaluate, trace
from sigma_core.network import Activation, Context, Layer
from sigma_core.testing._behaviour import check_passes
from sigma_core.testing._passes import Passes
from sigma_core.testing._routine import DTYPES, Backends, told
from sigma_core.testing._subject import Subject, examined


@frozen
class _Activated(Layer):
    """The activation as a layer."""

    activation: Any = None

    def forward(self, *inputs: Any, parameters: SimpleNamespace, context: Context) -> Any:  # noqa: ARG002
        return self.activation(*inputs)


def check_activation(
    activation: Activation,
    inputs: ArrayLike | None = None,
    *,
    backends: Backends = None,
    dtypes: Sequence[str] = DTYPES,
) -> None:
    """Hold an activation to its contract, on every backend and in every dtype.

    `inputs` are (batch, ...), by default vectors of 4 features, (5, 4). Checked are the shape, with any number of axes,
    and the dtype; that all backends agree; derivatives against finite differences; that records do not depend on each
    other; batches of one record and of none; settings, as a recipe writes them; docstrings. Raises AssertionError with
    what was checked, what was expected and what was found.
    """
    subject = examined("activations", Activation, activation, ("__call__",))
    given = np.random.default_rng(2).normal(size=(5, 4)) if inputs is None else np.asarray(inputs)
    for shape in (given.shape, (2, 3, *given.shape[1:]), (0, *given.shape[1:])):
        array = np.ones(shape, np.float32)
        with subject.trying(f"inputs of shape {shape}"):
            (result,) = evaluate(trace(subject.component, array), array)
        subject.claim((result.shape, result.dtype) == (shape, np.float32), "what comes out", told(array), told(result))
    layer = Subject[Any](_Activated(subject.component), subject.composer, subject.name)
    check_passes(lambda dtype: Passes.of(layer, [given], {}, dtype=dtype), backends, dtypes)
