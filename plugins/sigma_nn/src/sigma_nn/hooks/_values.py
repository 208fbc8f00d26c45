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
    where: str

    _sums: dict[str, float] = field(init=False, factory=dict, repr=False)
    _count: int = field(init=False, default=0, repr=False)

    @hookimpl(phase="score")
    def sigma_iteration_ended(self, event: IterationEnded, trainer: Any) -> None:
        """Add one value of each."""
        found = numbers_at(self.values, self.where, event, trainer)
        self._sums = {name: self._sums.get(name, 0.0) + value for name, value in found.items()}
        self._count += 1

    def taken(self) -> dict[str, float]:
        """The means since the last time, of which nothing is kept."""
        means = {name: total / self._count for name, total in self._sums.items()}
        self._sums, self._count = {}, 0
        return means

    def state(self) -> dict[str, Any]:
        """Sums and their count."""
        return {"version": 1, "sums": self._sums, "count": self._count}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        self._sums, self._count = dict(state["sums"]), state["count"]


@define(eq=False)
class ValuesHook(TriggeredHook):
    """Tells `values`, identifiers of scores and hyperparameters, when its trigger is due."""

    values: tuple[str, ...] = texts(default=("training.loss",))
    mean: bool = field(default=False, kw_only=True)

    _accumulator: Accumulator | None = field(init=False, default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.mean:
            self._accumulator = Accumulator(self.values, f"{type(self).__name__}.values")

    @property
    def required_hooks(self) -> tuple[Accumulator, ...]:
        """Whoever adds up, where means are wanted."""
        return () if self._accumulator is None else (self._accumulator,)

    def found(self, event: Any, trainer: Any) -> dict[str, float]:
        """The values at this moment, or their means since the last one."""
        if self._accumulator is not None:
            return self._accumulator.taken()
        return numbers_at(self.values, f"{type(self).__name__}.values", event, trainer)
