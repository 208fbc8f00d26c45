"""The numbers of a trainer: asked for, set, frozen, copied from elsewhere and filled anew."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from attrs import evolve

from sigma_core.errors import SettingError, TrainerError
from sigma_core.training import _commands as commands
from sigma_core.training import _switches as switches
from sigma_core.training._criterion import State
from sigma_core.training._filling import filled
from sigma_core.training._layout import selected
from sigma_core.training._loop import Loop
from sigma_core.training._parts import Parts
from sigma_core.training._resume import identity
from sigma_core.training._state import starts
from sigma_core.training._transfer import moved, parameters_of
from sigma_core.training._values import Values
from sigma_core.training.recipe import Setup


class Numbers(ABC):
    """What a trainer can do with its hyperparameters and with the parameters of its network."""

    setup: Setup
    criterion: str
    criterion_state: State | None
    _loop: Loop | None

    @property
    @abstractmethod
    def parts(self) -> Parts:
        """Everything that is built."""

    @abstractmethod
    def send(self, command: commands.Command) -> None:
        """Have the run apply a command between two iterations."""

    def set(self, identifier: str, value: Any) -> None:
        """Set a hyperparameter, such as `optimiser.learning_rate`, or a parameter of the network.

        `criteria.NAME` is the switch of that name, on with True; the run ends if its criterion then holds.

        From another thread than the run's it takes effect before the next iteration. Nothing is compiled anew. Raises
        IdentifierError for an identifier that does not exist or a value that does not fit, SettingError for one that
        the optimiser does not take.
        """
        checked = self._checked(identifier, value)
        if self._loop is not None and threading.get_ident() != self._loop.thread:
            self.send(commands.SetValue(identifier, checked))
        else:
            self.put(identifier, checked)

    def get(self, identifier: str) -> Any:
        """A hyperparameter as a float, a parameter as a copy of its array; for a pattern, a dictionary of these.

        Raises IdentifierError where nothing matches.
        """
        if switches.is_switch(identifier):
            return switches.read(self._switches, identifier)
        return self._values().get(identifier)

    def put(self, identifier: str, value: Any) -> None:
        """Set a value that has been checked at once; only between iterations, in the run's own thread."""
        if switches.is_switch(identifier):
            self._turn(switches.name_of(identifier), is_on=value)
        else:
            self._values().put(identifier, value)

    def put_checked(self, identifier: str, value: Any) -> None:
        """Set a value that comes from elsewhere at once; raises as `set` does."""
        self.put(identifier, self._checked(identifier, value))

    def _checked(self, identifier: str, value: Any) -> Any:
        if switches.is_switch(identifier):
            return switches.checked(self._switches, identifier, value)
        return self._values().checked(identifier, value)

    @property
    def _switches(self) -> Mapping[str, bool]:
        if self._loop is not None:
            return self._loop.stop.switches(self._loop.criterion_state)
        return self.setup.stop.switches(self._state_at_rest())

    def _turn(self, name: str, *, is_on: bool) -> None:
        if self._loop is not None:
            self._loop.turn(name, is_on=is_on)
            return
        stop = self.setup.stop
        self.criterion_state = stop.turned(self._state_at_rest(), name, is_on=is_on)
        self.criterion = identity(stop)

    def _state_at_rest(self) -> State:
        """The state of the setup's criterion while no run goes on."""
        stop, state = self.setup.stop, self.criterion_state
        return stop.initial() if state is None or identity(stop) != self.criterion else state

    def freeze(self, pattern: str) -> None:
        """Train the parameters that match no more, and keep them as they are; all other numbers stay.

        Raises IdentifierError for a pattern that matches nothing, TrainerError while a run goes on.
        """
        selected(self.parts.network.parameters, pattern, "frozen")
        self._lay((*self.setup.frozen, pattern))

    def unfreeze(self, pattern: str) -> None:
        """Train the parameters that match again, with new slots; all other numbers stay.

        Raises IdentifierError for a pattern that matches nothing, TrainerError while a run goes on.
        """
        parameters = self.parts.network.parameters
        freed = selected(parameters, pattern, "frozen")
        kept: dict[str, None] = {}
        for known in self.setup.frozen:
            found = selected(parameters, known, "frozen")
            # A pattern that matches some of both gives way to the names of those that stay.
            whole = set(found).isdisjoint(freed)
            kept |= dict.fromkeys([known] if whole else [name for name in found if name not in freed])
        self._lay(tuple(kept))

    def transfer(self, source: Any, pattern: str = "network.**", into: str | None = None) -> tuple[str, ...]:
        """Copy parameters from a trainer, the folder of a checkpoint, or a mapping of arrays by identifier.

        That is those that match and that this network has too; `into` takes the place of the words before the first
        wildcard of the pattern, where they are called otherwise here. All are copied or none. Returns what was set.
        Raises IdentifierError where nothing can be copied, or something has another shape or is not finite,
        CheckpointError for a folder without a checkpoint, TrainerError while a run goes on.
        """
        self._check_still()
        return self.take_over(source, [pattern], into)

    def take_over(self, source: Any, patterns: Iterable[str], into: str | None = None) -> tuple[str, ...]:
        """As `transfer`, by several patterns, also in the run's own thread between two iterations."""
        given = source.get("network.**") if isinstance(source, Numbers) else parameters_of(source)
        values = self._values()
        declared = self.parts.network.parameters
        found = {
            target: values.checked(target, array)
            for pattern in patterns
            for target, array in moved(given, pattern, into, declared).items()
        }
        values.fill(found)
        return tuple(found)

    def initialise(self, pattern: str = "network.**", seed: int | None = None) -> tuple[str, ...]:
        """Fill the parameters that match anew by their initialisers, with slots as at the beginning.

        They come out as at first, or otherwise with another seed. Returns what was filled. Raises IdentifierError for a
        pattern that matches nothing, SettingError for what is no seed, TrainerError while a run goes on.
        """
        self._check_still()
        parts = self.parts
        if seed is None:
            seed = self.setup.seed
        if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed < 2**64:
            raise SettingError(
                "initialise, seed", repr(seed), "a whole number from 0 to 2**64 - 1", "give such a number"
            )
        names = selected(parts.network.parameters, pattern, "initialise")
        values = filled(parts.network, seed=int(seed), initialisers=self.setup.initialisers, only=names)
        self._values().fill(values, starts(parts.task.method))
        return tuple(names)

    def _lay(self, frozen: tuple[str, ...]) -> None:
        self._check_still()
        setup = evolve(self.setup, frozen=tuple(dict.fromkeys(frozen)))
        self.parts.lay(setup)
        self.setup = setup

    def _values(self) -> Values:
        parts = self.parts
        return Values(parts.team, parts.network, parts.layout, parts.task.method)

    def _check_still(self) -> None:
        if self._loop is not None:
            raise TrainerError(
                f"trainer {self.setup.name!r}", "it is running", "a trainer that stands still", "stop it first"
            )
