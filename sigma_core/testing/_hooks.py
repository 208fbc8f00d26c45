"""The contract of hooks."""

import json
import threading
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from attrs import evolve, frozen

from sigma_core.errors import HookFailedError
from sigma_core.events import Event
from sigma_core.hooks import hookimpl
from sigma_core.testing._subject import Subject, examined
from sigma_core.testing._training import After, small_trainer
from sigma_core.training import Trainer, state_hash, taken_out

Make = Callable[[list[Any]], Trainer]

TRIGGERS = (
    "2 epochs",
    "2 times (0.3 run) | 4 iterations after 1 & until 100 wall seconds",
    "on start | every 2 pauses | on resume & after 2 epochs | on stop | once (on reset)",
    "never",
)
# In the middle of the second epoch, before most hooks have ended a run.
_MIDDLE = 5


def check_hook(hook: Any, *, make: Make = small_trainer, needs_directory: bool = False) -> None:
    """Hold a hook to its contract, in runs of a small training.

    Checked are that it can be registered, that a run with it ends, its triggers, if it has a setting `when`, of all
    kinds; that its state is JSON and arrays, and a run goes on from it to the last bit; that a copied trainer has a
    hook of its own; that the end of a run reaches it once, also of one that fails; that a hook that is detached is
    called no more and leaves no hook and no thread behind; settings, as a recipe writes them; docstrings. `make` makes
    a trainer of hooks, of 18 iterations or more, where linear regression with a validation will not do. Raises
    AssertionError with what was checked, what was expected and what was found.

    Runs have no directory, unless it `needs_directory`: on the disk they take some ten times longer.
    """
    subject = examined("hooks", object, hook, is_value=False)
    threads = threading.active_count()
    with TemporaryDirectory() as folder:
        check = _Check(subject, make, Path(folder), needs_directory)
        check.triggers()
        check.resume()
        check.copy()
        check.failure()
        check.detach()
    subject.claim(threading.active_count() <= threads, "threads", f"{threads}, as before", threading.active_count())


@frozen(eq=False)
class _Check:
    subject: Subject[Any]
    make: Make
    folder: Path
    needs_directory: bool

    def fresh(self, **settings: Any) -> Any:
        """A hook as it is before anything has happened to it."""
        return evolve(self.subject.component, **settings)

    def trainer(self, *hooks: Any) -> Trainer:
        with self.subject.trying("making a trainer"):
            return self.make(list(hooks)).build()

    def directory(self) -> Path | None:
        return self.folder / str(sum(1 for _ in self.folder.iterdir())) if self.needs_directory else None

    def run(self, trainer: Trainer, what: str, **arguments: Any) -> None:
        with self.subject.trying(what):
            trainer.run(directory=self.directory(), **arguments)

    def triggers(self) -> None:
        """Each implementation that has a trigger is called when that is due."""
        has_setting = "when" in attrs.fields_dict(type(self.subject.component))
        for text in TRIGGERS if has_setting else ():
            hook = self.fresh(when=text)
            trainer = self.trainer(hook, _Pausing())
            called, due = _watched(trainer, hook)
            self.run(trainer, f'a run with when = "{text}"')
            with self.subject.trying(f'a reset with when = "{text}"'):
                trainer.reset()
            self.subject.claim(called == due, f'calls with when = "{text}"', str(due), called)
            if text == "never":
                self.subject.claim(called == [], 'calls with when = "never"', "none", called)

    def resume(self) -> None:
        """From a checkpoint in the middle a run goes on as it would have."""
        path = self.folder / "saved"
        hook, other = self.fresh(), self.fresh()
        whole = self.trainer(hook, _Saving(path))
        self.run(whole, "a run")
        resumed = self.trainer(other)
        with self.subject.trying("restoring a checkpoint"):
            resumed.restore(path)
        self.run(resumed, "a run from a checkpoint")
        self._same(whole, resumed, hook, other, "a run that goes on from a checkpoint")
        state = self._state(hook)
        if state is not None:
            third = self.fresh()
            with self.subject.trying("restore"):
                third.restore(deepcopy(hook.state()))
            self.subject.claim(self._state(third) == state, "state after restore", str(state), self._state(third))

    def copy(self) -> None:
        """A copied trainer has a hook that is its own, and goes on alike."""
        hook = self.fresh()
        trainer = self.trainer(hook)
        self.run(trainer, "a run that stops early", stop=After(_MIDDLE))
        before = self._state(hook)
        with self.subject.trying("copying its trainer"):
            twin = trainer.copy()
        name = trainer.hooks.get_name(hook)
        other = twin.hooks.get_plugin(str(name))
        self.run(twin, "a run of a copied trainer")
        self.subject.claim(self._state(hook) == before, "state after a run of a copy", str(before), self._state(hook))
        self.run(trainer, "a run after a copy was made")
        self._same(trainer, twin, hook, other, "a run of a copied trainer")

    def failure(self) -> None:
        """The end reaches it once, and what failed is what is raised."""
        hook = self.fresh()
        trainer = self.trainer(hook, _Failing())
        ends = trainer.hooks.implementations("sigma_run_ended")
        told = [each.when for each in ends if each.plugin == trainer.hooks.get_name(hook)]
        called = _noted(trainer, hook)
        try:
            trainer.run(directory=self.directory())
        except HookFailedError as error:
            notes = "; ".join(getattr(error, "__notes__", ()))
            self.subject.claim(
                isinstance(error.__cause__, _FailureError) and not notes,
                "a run that another hook ends by an exception",
                "that exception, and nothing raised in the teardown",
                notes or str(error),
            )
        count = [each for each, _ in called].count("sigma_run_ended")
        self.subject.claim(
            # A trigger may count stops, or never be due at one.
            count == len(told) or (count == 0 and None not in told),
            "calls of sigma_run_ended in a run that fails",
            str(len(told)),
            str(count),
        )

    def detach(self) -> None:
        """What is detached is gone, with all that was added for it."""
        hook = self.fresh()
        trainer = self.trainer()
        before = [name for name, _ in trainer.hooks.list_name_plugin()]
        with self.subject.trying("attaching it"):
            trainer.attach(hook)
        name = str(trainer.hooks.get_name(hook))
        called = _noted(trainer, hook)
        trainer.attach(_Detaching(name), "detaching")
        self.run(trainer, "a run in which it is detached")
        late = [each for each in called if each[1] > _MIDDLE]
        self.subject.claim(not late, "calls after it was detached", "none", late)
        trainer.detach("detaching")
        after = [name for name, _ in trainer.hooks.list_name_plugin()]
        self.subject.claim(after == before, "hooks after it was detached", str(before), after)

    def _same(self, one: Trainer, two: Trainer, hook: Any, other: Any, what: str) -> None:
        self.subject.claim(
            (one.clock.iteration, state_hash(one)) == (two.clock.iteration, state_hash(two)),
            what,
            "the same state of the training to the last bit",
            f"another, after {one.clock.iteration} and {two.clock.iteration} iterations",
        )
        states = self._state(hook), self._state(other)
        self.subject.claim(states[0] == states[1], f"state after {what}", str(states[0]), states[1])

    def _state(self, hook: Any) -> Any:
        """The state as a checkpoint keeps it, arrays as bytes; None of a hook without one."""
        if not callable(getattr(hook, "state", None)):
            return None
        self.subject.claim(callable(getattr(hook, "restore", None)), "state", "a method restore as well", "none")
        with self.subject.trying("state", "JSON values and arrays of numbers"):
            states, arrays = taken_out({"hook": hook.state()})
            text = json.dumps(states)
        return text, {name: (each.dtype.str, each.shape, each.tobytes()) for name, each in arrays.items()}


def _watched(trainer: Trainer, hook: Any) -> tuple[list[Any], list[Any]]:
    """When implementations of a hook are called that have triggers, and when others with the same triggers are."""
    called, due = _noted(trainer, hook, is_triggered=True), list[Any]()
    for each in trainer.hooks._found[str(trainer.hooks.get_name(hook))]:  # noqa: SLF001  # as in `_noted`
        if each.when is not None:
            twin = type("_Twin", (), {each.hook: hookimpl(when=each.when)(_noting(due, each.hook, trainer))})
            trainer.hooks.register(twin(), f"twin of {each.hook}")
    return called, due


def _noted(trainer: Trainer, hook: Any, *, is_triggered: bool = False) -> list[Any]:
    """Which implementations of a hook are called from now on, and at which iterations; those with triggers or all."""
    name, called = str(trainer.hooks.get_name(hook)), list[Any]()
    # Nobody else may replace what is called.
    found = trainer.hooks._found  # noqa: SLF001
    found[name] = tuple(
        evolve(each, function=_noting(called, each.hook, trainer, each.function))
        if each.when is not None or not is_triggered
        else each
        for each in found[name]
    )
    trainer.hooks._changed()  # noqa: SLF001
    return called


def _noting(
    seen: list[Any], hook: str, trainer: Trainer, function: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """A function that notes the call, and goes on to another or is the method of a plugin."""

    def call(*arguments: Any) -> None:
        # In the background the run has gone on meanwhile: there the event tells when that was.
        events = (each for each in arguments if isinstance(each, Event))
        iteration = next((getattr(each, "iteration", None) for each in events), None)
        seen.append((hook, trainer.clock.iteration if iteration is None else iteration))
        if function is not None:
            function(*arguments)

    def method(self: Any, event: Event) -> None:  # noqa: ARG001  # as of any plugin
        call(event)

    return method if function is None else call


class _Pausing:
    @hookimpl(when="5 iterations until 10")
    def sigma_iteration_ended(self, trainer: Trainer) -> None:
        trainer.pause()
        trainer.resume()


@frozen(eq=False)
class _Saving:
    path: Path

    @hookimpl(when=f"once ({_MIDDLE} iterations)")
    def sigma_iteration_ended(self, trainer: Trainer) -> None:
        trainer.save(self.path)


class _FailureError(Exception):
    """What a hook beside the one that is checked raises."""


class _Failing:
    @hookimpl(when=f"once ({_MIDDLE} iterations)")
    def sigma_iteration_ended(self) -> None:
        raise _FailureError


@frozen(eq=False)
class _Detaching:
    name: str

    @hookimpl(when=f"once ({_MIDDLE} iterations)")
    def sigma_iteration_ended(self, trainer: Trainer) -> None:
        trainer.detach(self.name)
