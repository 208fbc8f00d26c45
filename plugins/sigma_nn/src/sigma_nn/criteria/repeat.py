"""Repeat: `(training.loss < 0.1) repeat 3`."""

from collections.abc import Mapping

from attrs import frozen

from sigma_core.extend import Criterion, Moment, Observation, State, component
from sigma_nn._settings import integer
from sigma_nn.criteria._text import arguments


@frozen
class Repeat(Criterion):
    """Holds when a criterion has held at so many of its looks: `(validation.loss < 0.1) repeat 3`.

    By default these follow one another, and one at which it does not hold begins the count anew; with
    `in_a_row=False`, as text `(validation.loss < 0.1) repeat 3 false`, they may be anywhere in the run.
    """

    criterion: Criterion = component("criteria")
    times: int = integer(at_least=1)
    in_a_row: bool = True

    @property
    def moment(self) -> Moment:
        """That of the criterion."""
        return self.criterion.moment

    @property
    def moments(self) -> frozenset[Moment]:
        """Those of the criterion."""
        return self.criterion.moments

    @property
    def requires(self) -> tuple[str, ...]:
        """What the criterion requires."""
        return self.criterion.requires

    def initial(self) -> State:
        """The criterion's own, and a count."""
        return {"reached": False, "count": 0, "criterion": self.criterion.initial()}

    def update(self, state: State, observation: Observation) -> State:
        """Let the criterion look, and count."""
        return self._counted(state, self.criterion.update(state["criterion"], observation))

    def step(self, state: State, observation: Observation, moment: Moment) -> State:
        """Count at the moments at which the criterion or a part of it looks."""
        if moment not in self.moments:
            return state
        return self._counted(state, self.criterion.step(state["criterion"], observation, moment))

    def _counted(self, state: State, inner: State) -> State:
        kept = 0 if self.in_a_row else state["count"]
        count = state["count"] + 1 if inner["reached"] else kept
        return {"reached": count >= self.times, "count": count, "criterion": inner}

    def switches(self, state: State) -> Mapping[str, bool]:
        """Those of the criterion."""
        return self.criterion.switches(state["criterion"])

    def turned(self, state: State, name: str, *, is_on: bool) -> State:
        """The criterion's state changes; what is counted are looks alone."""
        return {**state, "criterion": self.criterion.turned(state["criterion"], name, is_on=is_on)}

    def next_iteration(self, iteration: int) -> int:
        """That of the criterion, unless an epoch can have made it hold, so that each look counts."""
        return self.criterion.next_iteration(iteration) if self.moments == {"iteration"} else iteration + 1

    def last_iteration(self, iterations_per_epoch: int) -> int | None:
        """So many looks behind the first one at which the criterion holds in any case."""
        first = self.criterion.last_iteration(iterations_per_epoch)
        between = 1 if "iteration" in self.moments else iterations_per_epoch
        return None if first is None else first + (self.times - 1) * between

    def reason(self, state: State) -> str:
        """Its text form."""
        return str(self)

    def __str__(self) -> str:
        return f"({self.criterion}) repeat {self.times}{arguments(self, behind=2)}"
