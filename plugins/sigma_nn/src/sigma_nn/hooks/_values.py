"""What hooks have in common that tell values: as they are, or their means over the iterations since the last time."""

from typing import Any

from attrs import define, field

from sigma_core.extend import IterationEnded, hookimpl
from sigma_nn._settings import texts
from sigma_nn.hooks._triggered import TriggeredHook, numbers_at


@define(eq=False)
class Accumulator:
    """Adds values up, iteration by iteration, until somebody takes their means; what `mean=True` requires."""

    values: tuple[str, ...]

    # The sum of each, and how many there were.
    _sums: dict[str, tuple[float, int]] = field(init=False, factory=dict, repr=False)

    @property
    def required_numbers(self) -> tuple[str, ...]:
        """What is added up."""
        return self.values

    @hookimpl(phase="score")
    def sigma_iteration_ended(self, event: IterationEnded, trainer: Any) -> None:
        """Add one value of each."""
        for name, value in numbers_at(self.values, event, trainer).items():
            total, count = self._sums.get(name, (0.0, 0))
            self._sums[name] = total + value, count + 1

    def taken(self) -> dict[str, float]:
        """The means since the last time, of which nothing is kept."""
        means = {name: total / count for name, (total, count) in self._sums.items()}
        self._sums = {}
        return means

    def state(self) -> dict[str, Any]:
        """Sums and their counts."""
        return {"version": 1, "sums": {name: list(pair) for name, pair in self._sums.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        self._sums = {name: (total, count) for name, (total, count) in state["sums"].items()}


@define(eq=False)
class ValuesHook(TriggeredHook):
    """Tells `values`, identifiers of scores and hyperparameters, when its trigger is due."""

    values: tuple[str, ...] = texts(default=("training.loss",))
    mean: bool = field(default=False, kw_only=True)

    _accumulator: Accumulator | None = field(init=False, default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.mean:
            self._accumulator = Accumulator(self.values)

    @property
    def required_hooks(self) -> tuple[Accumulator, ...]:
        """Whoever adds up, where means are wanted."""
        return () if self._accumulator is None else (self._accumulator,)

    @property
    def required_numbers(self) -> tuple[str, ...]:
        """What is told."""
        return self.values

    def found(self, event: Any, trainer: Any) -> dict[str, float]:
        """The values at this moment, or their means since the last one."""
        return numbers_at(self.values, event, trainer) if self._accumulator is None else self._accumulator.taken()
