"""The contract of costs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import evolve
from numpy.typing import ArrayLike, NDArray

from sigma_core.errors import UnknownComponentError
from sigma_core.network import Cost
from sigma_core.testing._behaviour import check_passes
from sigma_core.testing._passes import Passes
from sigma_core.testing._routine import DTYPES, Backends, Routine, close
from sigma_core.testing._subject import examined


def check_cost(  # noqa: PLR0913  # data as it comes, and where to run
    cost: Cost,
    predictions: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    backends: Backends = None,
    dtypes: Sequence[str] = DTYPES,
) -> None:
    """Hold a cost to its contract, as the last layer of a network, on every backend and in every dtype.

    `predictions` are what comes in, (batch, ...), by default (5, 4); `targets` are as in the data, (batch, ...), by
    default 1 where a prediction is positive and 0 elsewhere; with a `mask`, (batch, ...), true where an element counts,
    the cost is checked as one that has it. Checked are one loss for each record, and what `check_layer` checks; that
    what is masked does not matter, and that a mask of nothing is none; what is predicted; the metrics it names. Raises
    AssertionError with what was checked, what was expected and what was found.
    """
    if isinstance(cost, Cost) and mask is not None and cost.mask is None:
        cost = evolve(cost, mask="mask")
    subject = examined("costs", Cost, cost, ("losses", "losses_with"))
    given = np.random.default_rng(2).normal(size=(5, 4)) if predictions is None else np.asarray(predictions)
    wanted = (given > 0).astype(np.float64) if targets is None else np.asarray(targets)
    cost = subject.component
    subject.claim(cost.mask is None or mask is not None, "mask", "an array for the mask that it names", "none")
    sections = {cost.targets: wanted}
    if cost.mask is not None:
        sections[cost.mask] = np.asarray(mask)
    with subject.trying("data that it can score", "that check_targets and check_data accept it"):
        cost.check_targets(wanted, given.shape[1:])
        cost.check_data(None, *sections.values())
    exact = check_passes(lambda dtype: Passes.of(subject, [given], sections, dtype=dtype), backends, dtypes)
    _check_predictions(exact)
    if cost.mask is not None:
        _check_mask(exact, cost.mask)


def _check_predictions(passes: Passes) -> None:
    """They are of the same records, and the metrics that it names can measure them."""
    subject, cost = passes.subject, passes.subject.component

    def predicted(data: Any, parameters: Any) -> Any:
        without = {name: value for name, value in data.items() if name not in cost.sections}
        (found,) = passes.network.apply(without, parameters, training=False).predictions.values()
        sums = {}
        for name in cost.metrics:
            try:
                metric = subject.composer.build("metrics", name)
            except UnknownComponentError:
                # It is not installed here.
                continue
            with subject.trying(f"its metric {name!r}", "that it measures what the cost predicts"):
                masks = () if cost.mask is None else (data[cost.mask],)
                sums[name] = dict(metric.measure(found, data[cost.targets], *masks))
        return found, sums

    routine = Routine.of(subject, "what it predicts", predicted, passes.data, passes.parameters, dtype=passes.dtype)
    found, _ = routine.on()(passes.data, passes.parameters)
    subject.claim(
        found.shape[:1] == (passes.records,),
        "what it predicts",
        f"shape ({passes.records}, ...), of {passes.records} records",
        f"shape {found.shape}",
    )


def _check_mask(passes: Passes, mask: str) -> None:
    """What does not count does not matter."""
    subject, counts = passes.subject, passes.data[mask].astype(bool)
    routine = passes.routine("losses with a mask")
    losses, _ = routine.on()(passes.data, passes.parameters)
    moved = {name: _moved(array, counts) for name, array in passes.floats.items()}
    found, _ = routine.on()({**passes.data, **moved}, passes.parameters)
    subject.claim(
        close(losses, found, passes.dtype.name),
        "predictions that are masked",
        f"losses that do not depend on them: {losses.tolist()}",
        f"{found.tolist()}",
    )
    whole = {**passes.data, mask: np.ones_like(passes.data[mask])}
    everything, _ = routine.on()(whole, passes.parameters)
    bare = Passes.of(
        evolve(subject, component=evolve(subject.component, mask=None)),
        [array for name, array in passes.data.items() if name not in subject.component.sections],
        {subject.component.targets: passes.data[subject.component.targets]},
        dtype=passes.dtype,
    )
    plain, _ = bare.routine("losses without a mask").on()(bare.data, passes.parameters)
    subject.claim(
        close(plain, everything, passes.dtype.name),
        "a mask in which all counts",
        f"the losses without a mask: {plain.tolist()}",
        f"{everything.tolist()}",
    )


def _moved(array: NDArray[Any], counts: NDArray[Any]) -> NDArray[Any]:
    """Other numbers where nothing counts."""
    return np.where(counts.reshape(counts.shape + (1,) * (array.ndim - counts.ndim)), array, array[::-1] - 1.0)
