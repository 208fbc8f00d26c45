"""Schedules in a run: their states, and the factors that are in effect."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sigma_core.training._calls import factored, scheduled
from sigma_core.training._criterion import Observation
from sigma_core.training._resume import identity
from sigma_core.training._schedule import Position

if TYPE_CHECKING:
    from sigma_core.training._trainer import Trainer


class Scheduling:
    """The schedules of one run. Their states are the trainer's, so that they outlive it."""

    def __init__(self, trainer: "Trainer") -> None:
        self._trainer = trainer
        self._schedules = trainer.setup.schedules
        self._factors: dict[str, float] = {}
        states = trainer.schedule_states
        for identifier, schedule in self._schedules.items():
            # A state means nothing to another schedule.
            if states.get(identifier, {}).get("schedule") != identity(schedule):
                states[identifier] = {"schedule": identity(schedule), "state": schedule.initial()}
        self.push()

    def over(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The batches, with the factors of each in effect when it is given."""
        for batch in batches:
            self.push()
            yield batch

    def push(self) -> None:
        """Have the next iteration compute with its factors; the workers are told of those that have changed."""
        trainer = self._trainer
        clock = trainer.clock
        position = Position(clock.iteration, trainer.batches.iterations_per_epoch, clock.total_iterations)
        for identifier, schedule in self._schedules.items():
            factor = factored(schedule, identifier, position, trainer.schedule_states[identifier]["state"])
            if factor != self._factors.get(identifier):
                self._factors[identifier] = factor
                trainer.team.push({f"schedules.{identifier}": factor})

    def look(self, observation: Observation) -> None:
        """Show an epoch that has been scored to the schedules."""
        states = self._trainer.schedule_states
        for identifier, schedule in self._schedules.items():
            kept = states[identifier]
            states[identifier] = {**kept, "state": scheduled(schedule, identifier, kept["state"], observation)}
