"""What holds for whatever stands in a network: layers, costs and activations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sigma_core.errors import DerivativeError
from sigma_core.graph import as_value, check_grads
from sigma_core.testing._passes import KEY, Passes
from sigma_core.testing._routine import Backends, backends_of, check_finite, close, told


def check_passes(make: Callable[[str], Passes], backends: Backends, dtypes: Sequence[str]) -> Passes:
    """Check the passes that `make` gives for each dtype; returns those in float64."""
    chosen = backends_of(backends)
    for dtype in dtypes:
        passes, what = make(dtype), f"a step in {dtype}"
        results = passes.steps(what).agreed(chosen)
        check_finite(passes.subject, what, results)
        _check_outputs(passes, results)
    # Whatever is compared closely, in float64 alone.
    passes = make("float64")
    results = passes.steps("a step").agreed(())
    _check_derivatives(passes)
    _check_batches(passes, results["inference"])
    _check_draws(passes)
    _check_state(passes, results["tracked"])
    return passes


def _check_outputs(passes: Passes, results: Mapping[str, Any]) -> None:
    """One shape in training and in inference, and the network's dtype throughout."""
    subject, training, inference = passes.subject, results["training"], results["inference"]
    subject.claim(
        (training.shape, training.dtype) == (inference.shape, inference.dtype),
        "what comes out in inference",
        f"{told(training)}, as in training",
        told(inference),
    )
    arrays = {"what comes out": training}
    arrays |= {f"gradient by {name}": array for name, array in results.get("gradients", {}).items()}
    for what, array in arrays.items():
        subject.claim(
            array.dtype.kind != "f" or array.dtype == passes.dtype,
            f"{what}, in a network of {passes.dtype}",
            f"{passes.dtype}",
            f"{array.dtype}",
        )


def _check_derivatives(passes: Passes) -> None:
    """By what comes in and by parameters, against finite differences, in training and in inference."""
    for key, mode in ((KEY, "training"), (None, "inference")):
        what = f"derivatives in {mode}"

        def function(floats: Any, trained: Any, key: Any = key) -> Any:
            # What is not differentiated are values too: a layer may hand on what it gets.
            data, parameters = (
                {name: as_value(array) for name, array in arrays.items()} for arrays in (passes.data, passes.parameters)
            )
            return passes.run({**data, **floats}, {**parameters, **trained}, key)[0]

        if not passes.floats and not passes.trained:
            continue
        with passes.subject.trying(what, "those of finite differences"):
            try:
                check_grads(function, (passes.floats, passes.trained))
            except DerivativeError as error:
                if "finite differences" not in error.expected:
                    raise
                passes.subject.claim(False, f"{what}, {error.where}", error.expected, error.found)


def _check_batches(passes: Passes, expected: NDArray[Any]) -> None:
    """Outside training a record's result depends on that record alone, in a batch of one and of none."""
    subject = passes.subject
    single = passes.only(slice(0, 1)).routine("a batch of one record").on()
    for number in range(passes.records):
        found, _ = single(passes.only(slice(number, number + 1)).data, passes.parameters)
        subject.claim(
            found.shape == (1, *expected.shape[1:]) and close(expected[number], found[0], passes.dtype.name),
            f"record {number} by itself, outside training",
            f"what it gives among {passes.records}: {expected[number].tolist()}",
            f"{found[0].tolist()}",
        )
    empty = passes.only(slice(0, 0))
    found, _ = empty.routine("a batch without records").on()(empty.data, passes.parameters)
    subject.claim(
        found.shape == (0, *expected.shape[1:]),
        "a batch without records",
        f"shape {(0, *expected.shape[1:])}",
        f"shape {found.shape}",
    )


def _check_draws(passes: Passes) -> None:
    """What is drawn in training is a function of the seed and the step."""
    subject, training = passes.subject, passes.routine("training", training=True)
    run = training.on()
    first, other = (run(passes.data, passes.parameters, np.array([1, step], np.uint64))[0] for step in (2, 3))
    subject.claim(
        not training.draws or not np.array_equal(first, other),
        "random numbers of two steps",
        "others in each step",
        "the same in both",
    )


def _check_state(passes: Passes, tracked: Mapping[str, Any]) -> None:
    """Every parameter is read, and what is tracked in training is used outside of it."""
    subject = passes.subject
    inference = passes.routine("inference").read
    read = inference | passes.routine("training", training=True).read
    unread = [name for name in passes.parameters if f"1.{name}" not in read]
    subject.claim(not unread, "parameters", "that forward reads all that are declared", f"never read: {unread}")
    subject.claim(
        not tracked or any(f"1.{name}" in inference for name in tracked),
        "state that is tracked",
        "that it is used outside training",
        f"{list(tracked)} are read in training only",
    )
    if tracked:
        run = passes.routine("training", training=True).on()
        later, _ = run(passes.data, {**passes.parameters, **tracked}, KEY)
        subject.claim(
            bool(np.isfinite(later).all()), "a step from tracked state", "finite numbers", f"{later.tolist()}"
        )
