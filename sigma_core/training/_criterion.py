"""The contract of a criterion: a stateful predicate over the run's values, and its combinations."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from attrs import field, frozen

from sigma_core.errors import SettingError

Moment = Literal["iteration", "epoch"]
State = dict[str, Any]


@frozen
class Observation:
    """What a criterion may look at: counters (of what has ended), seconds since the start, scores by identifier."""

    iteration: int
    epoch: int
    seconds: float
    scores: Mapping[str, Any]


class Criterion(ABC):
    """A predicate over a run. Pure: all that it remembers is in its state, a dictionary of JSON values.

    The state has a key `reached`, which says whether the criterion holds.
    """

    @property
    @abstractmethod
    def moment(self) -> Moment:
        """When it looks: after each `iteration`, or after each `epoch` and its validation."""

    @property
    def requires(self) -> tuple[str, ...]:
        """Identifiers of the scores it looks at, such as `validation.loss`."""
        return ()

    def initial(self) -> State:
        """The state before the first observation."""
        return {"reached": False}

    @abstractmethod
    def update(self, state: State, observation: Observation) -> State:
        """The state after an observation; the old one is left as it is."""

    @abstractmethod
    def reason(self, state: State) -> str:
        """Why the criterion holds, for people: `20 epochs`, `validation.loss plateau 5`."""

    def step(self, state: State, observation: Observation, moment: Moment) -> State:
        """Update at the criterion's own moment; at any other the state stays as it is."""
        return self.update(state, observation) if moment == self.moment else state

    def switches(self, state: State) -> Mapping[str, bool]:  # noqa: ARG002  # for criteria that are turned on
        """What can be turned on and off from outside, by name, as `trainer.set("criteria.NAME", True)` does."""
        return {}

    def turned(self, state: State, name: str, *, is_on: bool) -> State:  # noqa: ARG002  # for criteria that are turned on
        """The state once the switch of that name is turned; the old one is left as it is."""
        return state

    @property
    def moments(self) -> frozenset[Moment]:
        """All moments at which this criterion or a part of it looks."""
        return frozenset({self.moment})

    def next_iteration(self, iteration: int) -> int:
        """The first iteration after `iteration` at which an iteration criterion can come to hold."""
        return iteration + 1

    def last_iteration(self, iterations_per_epoch: int) -> int | None:  # noqa: ARG002  # for criteria that count
        """The iteration after which it holds in any case, where that is known beforehand."""
        return None

    def __and__(self, other: "Criterion") -> "Criterion":
        return AllOf((*_parts_of(self, AllOf), *_parts_of(other, AllOf)))

    def __or__(self, other: "Criterion") -> "Criterion":
        return AnyOf((*_parts_of(self, AnyOf), *_parts_of(other, AnyOf)))

    def __invert__(self) -> "Criterion":
        return Not((self,))


def _as_tuple(parts: Iterable[Criterion]) -> tuple[Criterion, ...]:
    return tuple(parts)


@frozen
class Combination(Criterion):
    """A criterion made of others; each part keeps a state of its own."""

    fewest: ClassVar[int] = 2
    most: ClassVar[int | None] = None
    """How many parts there are."""

    parts: tuple[Criterion, ...] = field(converter=_as_tuple)

    @parts.validator
    def _check_parts(self, _attribute: Any, parts: tuple[Criterion, ...]) -> None:
        if len(parts) < self.fewest or len(parts) > (self.most or len(parts)):
            expected = f"at least {self.fewest}" if self.most is None else str(self.most)
            raise SettingError(f"{type(self).__name__}.parts", f"{len(parts)} criteria", expected)

    @property
    def moment(self) -> Moment:
        """The finest moment of the parts."""
        return "iteration" if "iteration" in self.moments else "epoch"

    @property
    def moments(self) -> frozenset[Moment]:
        """All moments of the parts."""
        return frozenset().union(*(part.moments for part in self.parts))

    @property
    def requires(self) -> tuple[str, ...]:
        """What any part requires."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.requires))

    def next_iteration(self, iteration: int) -> int:
        """The earliest of the parts that look at iterations."""
        return min(part.next_iteration(iteration) for part in self.parts if "iteration" in part.moments)

    def initial(self) -> State:
        """The parts' states, and whether they hold together."""
        return self._joined([part.initial() for part in self.parts])

    def update(self, state: State, observation: Observation) -> State:
        """Update every part, whatever its moment."""
        return self._joined(
            [part.update(inner, observation) for part, inner in zip(self.parts, state["parts"], strict=True)]
        )

    def step(self, state: State, observation: Observation, moment: Moment) -> State:
        """Update the parts that look at this moment."""
        return self._joined(
            [part.step(inner, observation, moment) for part, inner in zip(self.parts, state["parts"], strict=True)]
        )

    def switches(self, state: State) -> Mapping[str, bool]:
        """Those of all parts; one name is one switch."""
        pairs = zip(self.parts, state["parts"], strict=True)
        return {name: is_on for part, inner in pairs for name, is_on in part.switches(inner).items()}

    def turned(self, state: State, name: str, *, is_on: bool) -> State:
        """Turn it in every part."""
        pairs = zip(self.parts, state["parts"], strict=True)
        return self._joined([part.turned(inner, name, is_on=is_on) for part, inner in pairs])

    def _joined(self, states: list[State]) -> State:
        return {"reached": self.holds([state["reached"] for state in states]), "parts": states}

    @staticmethod
    @abstractmethod
    def holds(reached: list[bool]) -> bool:
        """Whether the combination holds, given its parts."""


@frozen
class AllOf(Combination):
    """Holds when every part does: `a & b`."""

    @staticmethod
    def holds(reached: list[bool]) -> bool:
        """Every part."""
        return all(reached)

    def last_iteration(self, iterations_per_epoch: int) -> int | None:
        """The last of the parts, where all are known."""
        known = [part.last_iteration(iterations_per_epoch) for part in self.parts]
        return None if None in known else max(last for last in known if last is not None)

    def reason(self, state: State) -> str:
        """The reasons of all parts."""
        return " & ".join(part.reason(inner) for part, inner in zip(self.parts, state["parts"], strict=True))

    def __str__(self) -> str:
        return " & ".join(f"({part})" if isinstance(part, AllOf | AnyOf) else str(part) for part in self.parts)


@frozen
class AnyOf(Combination):
    """Holds when some part does: `a | b`."""

    @staticmethod
    def holds(reached: list[bool]) -> bool:
        """Some part."""
        return any(reached)

    def last_iteration(self, iterations_per_epoch: int) -> int | None:
        """The first of the parts of which it is known."""
        known = [part.last_iteration(iterations_per_epoch) for part in self.parts]
        return min((last for last in known if last is not None), default=None)

    def reason(self, state: State) -> str:
        """The reasons of the parts that hold."""
        held = zip(self.parts, state["parts"], strict=True)
        return " | ".join(part.reason(inner) for part, inner in held if inner["reached"])

    def __str__(self) -> str:
        return " | ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts)


@frozen
class Not(Combination):
    """Holds when its part does not: `~a`."""

    fewest = most = 1

    def next_iteration(self, iteration: int) -> int:
        """The next: that its part cannot come to hold is what makes this hold."""
        return iteration + 1

    @staticmethod
    def holds(reached: list[bool]) -> bool:
        """Not the part."""
        return not reached[0]

    def reason(self, state: State) -> str:  # noqa: ARG002  # its text says it all
        """The negated part."""
        return str(self)

    def __str__(self) -> str:
        inner = self.parts[0]
        return f"~({inner})" if isinstance(inner, AllOf | AnyOf) else f"~{inner}"


def _parts_of(criterion: Criterion, kind: type[Combination]) -> tuple[Criterion, ...]:
    """`a & b & c` has three parts, in whatever order it was put together."""
    return criterion.parts if isinstance(criterion, kind) else (criterion,)
