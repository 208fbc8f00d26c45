"""The contract of a layer: it declares parameters and runs on values, in plain NumPy."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import isfinite
from numbers import Real
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from attrs import field, frozen

from sigma_core.errors import DataError, SettingError, ShapeError
from sigma_core.graph import place_of
from sigma_core.network._parameter import Parameter, Shape

if TYPE_CHECKING:
    from attrs import Attribute
    from numpy.typing import NDArray

    from sigma_core.graph import Value
    from sigma_core.network._architecture import Architecture
    from sigma_core.network._context import Context
    from sigma_core.network._link import Link


class Activation(ABC):
    """An element-wise function between layers; a component of kind `activations`."""

    @abstractmethod
    def __call__(self, inputs: "Value") -> "Value":
        """Values of the same shape as `inputs`, (batch, ...)."""


@frozen
class Layer(ABC):
    """A step of a network: parameters by name, and a forward pass over values.

    Layers are immutable and hold settings only. `a + b` feeds `a` into `b`, and `3 * a` repeats it; each place has
    parameters of its own. `a(x)` feeds links, what other layers put out, into `a`; called twice, it shares parameters.
    """

    is_output: ClassVar[bool] = False
    """Whether what it puts out is an answer of the network, although no layer uses it and no cost scores it."""

    name: str | None = field(default=None, kw_only=True)
    """Given name, unique in the network; without one a layer is called after its class, as `dense_1`."""

    @property
    def sections(self) -> tuple[str, ...]:
        """Sections of the data that are handed to `forward` behind the incoming values."""
        return ()

    @property
    def section_shapes(self) -> Mapping[str, Shape]:
        """Shapes of records, without the batch axis, that this layer declares for sections of the data."""
        return {}

    @property
    def borrowed(self) -> Mapping[str, str]:
        """Parameters of other layers that `forward` is given besides its own: its name here, and `layer.parameter`."""
        return {}

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:  # noqa: ARG002
        """The parameters this layer needs, given the shapes of what comes in, without the batch axis."""
        return {}

    @abstractmethod
    def forward(self, *inputs: Any, parameters: SimpleNamespace, context: "Context") -> "Value":
        """What the layer makes of its inputs, each of shape (batch, ...).

        `parameters` has one attribute per declared parameter; `context` tells whether the network is training and
        draws random numbers.
        """

    def check_data(self, *arrays: "NDArray[Any] | None") -> None:  # noqa: B027  # most layers have nothing to check
        """Raise DataError for data that this layer cannot take; called once before a run for each part of the data.

        `arrays` are what `forward` will be given, (records, ...), in its order: whole sections of the data, and None
        for what another layer computes. What shows in shapes and dtypes is seen when the network is built; this is for
        values, such as indices that are out of range or a record whose mask is empty.
        """

    def __call__(self, *inputs: Any) -> "Link":
        """What this layer puts out when it is fed by `inputs`: links, input layers, or lists of them.

        Raises NetworkError for anything else.
        """
        from sigma_core.network._link import call

        return call(self, inputs)

    def __add__(self, other: Any) -> "Architecture":
        from sigma_core.network._architecture import Architecture

        together: Architecture = Architecture.of(self) + other
        return together

    def __mul__(self, times: int) -> "Architecture":
        from sigma_core.network._architecture import Architecture

        repeated: Architecture = Architecture.of(self) * times
        return repeated

    __rmul__ = __mul__


@frozen
class Cost(Layer):
    """A layer that scores predictions against targets: the last of a network that is to be trained."""

    targets: str = field(default="targets", kw_only=True)
    """The section of the data that holds the targets."""
    mask: str | None = field(default=None, kw_only=True)
    """The section that tells which elements of a record count, such as the steps of a sequence; None where all do."""
    weight: float = field(default=1.0, kw_only=True)
    """The factor of this cost in the total, a finite number."""

    metrics: ClassVar[tuple[str, ...]] = ()
    """Metrics that are reported for this cost when a trainer is told none."""

    @weight.validator
    def _check_weight(self, attribute: "Attribute[float]", weight: Any) -> None:
        if isinstance(weight, bool) or not isinstance(weight, Real) or not isfinite(weight):
            # A composer that runs validators one by one hands them no component; it knows itself where it is.
            owner = f"{type(self).__name__}." if isinstance(self, Cost) else ""
            raise SettingError(f"{owner}{attribute.name}", repr(weight), "a finite number")

    @property
    def sections(self) -> tuple[str, ...]:
        """The targets, and the mask where there is one."""
        return (self.targets,) if self.mask is None else (self.targets, self.mask)

    @abstractmethod
    def losses(self, predictions: "Value", targets: "Value", mask: "Value | None" = None) -> "Value":
        """One loss per record, of shape (batch,); predictions are (batch, ...), targets as in the data.

        `mask` is true where an element counts; it is given where the cost has one, and has the leading axes of the
        predictions, such as (batch, time).
        """

    def check_targets(self, targets: "NDArray[Any]", shape: Shape) -> None:
        """Raise DataError for targets, as they are in the data, that this cost cannot score; called once before a run.

        What shows in shapes and dtypes is seen when the network is built; this is for values, such as classes that
        are out of range. `shape` is that of the predictions of one record.
        """

    def learnt(self, targets: "NDArray[Any]", shape: Shape) -> Self:  # noqa: ARG002  # for costs that learn something
        """The same cost with what it learns from all training targets before a run, such as weights of classes.

        Itself unless overridden. `shape` is that of the predictions of one record, and stays what it is.
        """
        return self

    def check_data(self, *arrays: "NDArray[Any] | None") -> None:
        """Raise DataError for a record of which nothing counts."""
        if self.mask is not None:
            check_mask(arrays[-1])

    def predict(self, predictions: "Value") -> "Value":
        """What the network says to its user; the predictions themselves unless a cost works on logits."""
        return predictions

    def losses_with(
        self,
        predictions: "Value",
        targets: "Value",
        mask: "Value | None",
        *,
        parameters: SimpleNamespace,  # noqa: ARG002  # for costs that have some
        context: "Context",  # noqa: ARG002
    ) -> "Value":
        """The losses, for a cost that has parameters of its own or draws random numbers; others write `losses`."""
        return self.losses(predictions, targets) if mask is None else self.losses(predictions, targets, mask)

    def predict_with(self, predictions: "Value", *, parameters: SimpleNamespace, context: "Context") -> "Value":  # noqa: ARG002
        """What the network says to its user, for a cost that has parameters of its own; others write `predict`."""
        return self.predict(predictions)

    def forward(self, *inputs: Any, parameters: SimpleNamespace, context: "Context") -> "Value":
        """The mean of the losses over the batch, a scalar."""
        losses = self.scored(*inputs, parameters=parameters, context=context)
        return np.mean(losses)  # type: ignore[return-value]  # NumPy types know no values

    def scored(
        self,
        predictions: "Value",
        targets: "Value",
        mask: "Value | None" = None,
        *,
        parameters: SimpleNamespace,
        context: "Context",
    ) -> "Value":
        """The losses; raises ShapeError unless there is one for each record, and for a mask of other axes."""
        if mask is not None and (mask.ndim < 1 or mask.shape != predictions.shape[: mask.ndim]):
            raise ShapeError(
                type(self).__name__,
                f"the records of its mask have shape {mask.shape[1:]}, "
                f"those of the predictions {predictions.shape[1:]}",
                "the leading axes of the predictions",
                "give the mask a number for each element that may count",
            )
        losses = self.losses_with(predictions, targets, mask, parameters=parameters, context=context)
        if np.shape(losses) != predictions.shape[:1]:
            raise ShapeError(
                place_of(self.losses),
                f"for {predictions.shape[0]} records they have shape {np.shape(losses)}",
                f"shape ({predictions.shape[0]},), one loss for each record",
                "add up or average over all axes but the first",
            )
        return losses


def check_mask(mask: "NDArray[Any] | None") -> None:
    """Raise DataError for a mask, (records, ...), that has a record in which nothing counts; None is not looked at."""
    if mask is None or mask.ndim < 2:
        return
    counts: NDArray[np.bool_] = np.any(mask.reshape(len(mask), -1) != 0, axis=1)
    if not counts.all():
        # Not which ones: a split has shuffled them.
        empty = len(counts) - int(counts.sum())
        raise DataError(
            "mask",
            f"{empty} of {len(counts)} records count nowhere: all of their {mask[0].size} elements are masked",
            "at least one element that counts in each record",
            "leave out records that are empty",
        )
