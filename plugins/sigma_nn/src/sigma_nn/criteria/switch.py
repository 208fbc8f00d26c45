"""Switch: `enough switch`, turned on by `trainer.set("criteria.enough", True)`."""

from collections.abc import Mapping
from typing import Any

from attrs import Attribute, field, frozen

from sigma_core.extend import Criterion, Moment, Observation, State
from sigma_nn._settings import refusal


def _check_name(instance: Any, attribute: "Attribute[str]", value: Any) -> None:
    if not isinstance(value, str) or not value.isidentifier():
        raise refusal(instance, attribute, value, "a name without dots, such as enough")


@frozen
class Switch(Criterion):
    """Holds while it is turned on: `enough switch`.

    Hooks, any thread, and whoever steers a run from outside turn it on and off as they set any other value:
    `trainer.set("criteria.enough", True)`. It takes effect between two iterations, and is kept in checkpoints.
    """

    name: str = field(validator=_check_name)

    @property
    def moment(self) -> Moment:
        """Between any two iterations, when it is turned; what is looked at after an epoch changes nothing."""
        return "epoch"

    def update(self, state: State, observation: Observation) -> State:
        """Stays as it was turned."""
        return state

    def switches(self, state: State) -> Mapping[str, bool]:
        """Itself."""
        return {self.name: state["reached"]}

    def turned(self, state: State, name: str, *, is_on: bool) -> State:
        """Reached while it is on."""
        return {**state, "reached": is_on} if name == self.name else state

    def reason(self, state: State) -> str:
        """Its text form."""
        return str(self)

    def __str__(self) -> str:
        return f"{self.name} switch"
