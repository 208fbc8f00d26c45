"""The numbers of a trainer: asked for, set, frozen, copied from elsewhere and filled anew."""

import threading
from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from attrs import evolve

from sigma_core.errors import IdentifierError, SettingError, TrainerError
from sigma_core.events import Event
from sigma_core.registry import Registry, matches, most_specific
from sigma_core.training import _commands as commands
from sigma_core.training import _switches as switches
from sigma_core.training._criterion import State
from sigma_core.training._filling import filled
from sigma_core.training._layout import selected
from sigma_core.training._parts import Parts
from sigma_core.training._questions import PATIENCE, Asked
from sigma_core.training._resume import identity
from sigma_core.training._snapshots import taken
from sigma_core.training._state import starts
from sigma_core.training._transfer import moved, parameters_of


class _Live:
    """The values of a trainer as they are whenever somebody looks: what a registry of them reads from."""

    def __init__(self, trainer: "Numbers") -> None:
        self._trainer = trainer

    @property
    def names(self) -> tuple[str, ...]:
        return self._trainer.identifiers

    @property
    def tags(self) -> Mapping[str, Collection[str]]:
        return self._trainer.parts.values.tags

    def read(self, names: Sequence[str]) -> Mapping[str, Any]:
        return self._trainer.read(names)


class Numbers(Asked):
    """What a trainer can do with its hyperparameters and with the parameters of its network."""

    criterion: str
    criterion_state: State | None
    scores: dict[str, Any]
    is_as_composed: bool

    @property
    @abstractmethod
    def parts(self) -> Parts:
        """Everything that is built."""

    # Read

    @property
    def values(self) -> Registry:
        """All values by identifier, as they are when they are looked up; from any thread, as `snapshot`."""
        return Registry(_Live(self))

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Of hyperparameters, parameters and switches."""
        return (*self.parts.values.names, *switches.identified(self.switches))

    def get(self, pattern: str, *, timeout: float = PATIENCE) -> Any:
        """A hyperparameter as a float, a parameter as a copy of its array; for a pattern, a dictionary of these.

        From any thread, as `snapshot`. Raises IdentifierError where nothing matches.
        """

        def read() -> Any:
            found = self._read(self._meant(pattern))
            return found.get(pattern, found)

        return self._asked(read, timeout)

    def snapshot(self, pattern: str = "**", *, timeout: float = PATIENCE) -> Registry:
        """What a pattern means, all of it of one moment, never to change: a mapping by identifier.

        May be taken from any thread. While a run goes on, its own thread makes the copy before the next iteration and
        the caller waits; at rest it is made at once. Raises IdentifierError where nothing matches, AnswerTimeoutError
        where that moment has not come within `timeout` seconds.
        """
        tags = self.parts.values.tags
        return self._asked(lambda: Registry.of(self._read(self._meant(pattern)), tags), timeout)

    def taken(self, event: Event, patterns: Sequence[str]) -> tuple[Event, Registry]:
        """What a background hook that requires these values is given of an event, in the run's own thread."""
        scores = self.scores if self._loop is None else self._loop.scores
        return taken(event, patterns, scores, self.parts.values)

    def read(self, identifiers: Sequence[str]) -> dict[str, Any]:
        """These values, all of one moment, from any thread."""
        return self._asked(lambda: self._read(identifiers))

    def _read(self, identifiers: Iterable[str]) -> dict[str, Any]:
        turned = switches.identified(self.switches)
        wanted = list(identifiers)
        held = self.parts.values.read([name for name in wanted if name not in turned])
        return {name: turned[name] if name in turned else held[name] for name in wanted}

    def _meant(self, pattern: Any) -> tuple[str, ...]:
        """The identifiers that a pattern means. Raises IdentifierError where there are none."""
        values = self.parts.values
        if not isinstance(pattern, str):
            raise values.unknown(pattern)
        turned = switches.identified(self.switches)
        found = (*values.find(pattern), *(name for name in turned if matches(pattern, name)))
        if not found:
            raise switches.unknown(turned, pattern) if switches.is_switch(pattern) else values.unknown(pattern)
        return found

    # Write

    def set(self, pattern: str | Mapping[str, Any], value: Any = None) -> tuple[str, ...]:
        """Set a hyperparameter, such as `optimiser.learning_rate`, or a parameter of the network; or all of a pattern.

        A mapping sets several at once, each to the value of the most specific of its patterns. A number fills an array.
        `criteria.NAME` is the switch of that name, on with True; the run ends if its criterion then holds. What a
        schedule gives is passed over by patterns.

        All is set or, where one value does not fit, nothing; the identifiers of what was set are returned. From another
        thread than the run's it takes effect before the next iteration. Nothing is compiled anew. Raises
        IdentifierError for a pattern that means nothing or a value that does not fit, SettingError for one that the
        optimiser does not take.
        """
        given = dict(pattern) if isinstance(pattern, Mapping) else {pattern: value}
        with self._access:
            checked = self._checked(given)
            if self._loop is None or threading.get_ident() == self._loop.thread:
                self._put(checked)
            elif isinstance(pattern, Mapping):
                self.send(commands.SetValues(deepcopy(given)))
            else:
                self.send(commands.SetValue(pattern, deepcopy(value)))
        return tuple(checked)

    def put(self, given: Any) -> tuple[str, ...]:
        """Set values that come from elsewhere at once; only between iterations, in the run's own thread."""
        if not isinstance(given, Mapping):
            raise IdentifierError("values", repr(given), "a table of values by identifier or pattern", "give a table")
        checked = self._checked(given)
        self._put(checked)
        return tuple(checked)

    def _put(self, checked: Mapping[str, Any]) -> None:
        self.is_as_composed = False
        self.parts.values.put({name: value for name, value in checked.items() if not switches.is_switch(name)})
        for name, value in checked.items():
            if switches.is_switch(name):
                self._turn(switches.name_of(name), is_on=value)

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What each identifier is to be, of values by pattern."""
        values = self.parts.values
        meant: dict[str, list[str]] = {}
        for pattern in given:
            found = self._meant(pattern)
            # One that means a factor alone is refused below, with what to do instead.
            settable = [name for name in found if not values.is_given(name)] or found
            for name in settable:
                meant.setdefault(name, []).append(pattern)
        checked = {}
        for name, patterns in meant.items():
            value = given[most_specific(patterns, name, values.tags) or name]
            is_switch = switches.is_switch(name)
            checked[name] = switches.checked(name, value) if is_switch else values.checked(name, value, fills=True)
        return checked

    @property
    def switches(self) -> Mapping[str, bool]:
        """Whether each switch of the criterion is on, by its name; of a run, only in its own thread."""
        loop = self._loop
        if loop is not None:
            return loop.stop.switches(loop.criterion_state)
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
        values = self.parts.values
        declared = self.parts.network.parameters
        found = {
            target: values.checked(target, array)
            for pattern in patterns
            for target, array in moved(given, pattern, into, declared).items()
        }
        values.fill(found)
        self.is_as_composed = False
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
        parts.values.fill(values, starts(parts.task.method))
        self.is_as_composed = False
        return tuple(names)

    def _lay(self, frozen: tuple[str, ...]) -> None:
        self._check_still()
        setup = evolve(self.setup, frozen=tuple(dict.fromkeys(frozen)))
        self.parts.lay(setup)
        self.setup = setup

    def _check_still(self) -> None:
        if self._loop is not None:
            raise TrainerError(
                f"trainer {self.setup.name!r}", "it is running", "a trainer that stands still", "stop it first"
            )
