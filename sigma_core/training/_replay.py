"""A run again, with the commands that it was given, to see that it comes to the same state."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from sigma_core.environment import Environment
from sigma_core.errors import RunDirectoryError, TrainerError
from sigma_core.events import CommandRefused, Policy, RunStore, plain
from sigma_core.hooks import HOOKS, Trigger, Unit
from sigma_core.training._checkpoint import Checkpoint
from sigma_core.training._directory import RunDirectory
from sigma_core.training._hook_changes import NO_CHANGES, change_hooks
from sigma_core.training._keeping import CHECKPOINTS, FIRST, newest
from sigma_core.training._resume import state_hash
from sigma_core.training._run import Run
from sigma_core.training._script import History, Script
from sigma_core.training._trainer import Trainer
from sigma_core.training.recipe import Recipe

_NEVER = Trigger.parse("1000000000000 iterations")
_NONE: Mapping[str, Any] = MappingProxyType({})


@frozen
class Replay:
    """What came of it: the run, how many commands were given, and what differs, as (what, then, now)."""

    run: Run
    commands: int
    state: str
    """SHA-256 of the parameters and all else that a step reads and writes."""
    differences: tuple[tuple[str, Any, Any], ...]
    limits: tuple[str, ...] = ()
    """What could not be repeated, in words, so that it may be why something differs."""


def replay(
    directory: Path | str,
    environment: Environment | None = None,
    *,
    trainer: Trainer | None = None,
    hooks: Mapping[str, Any] = _NONE,
) -> Replay:
    """Repeat the run in a directory, without monitors; what is written meanwhile is removed again.

    Commands of hooks are given by these themselves. Hooks that were attached as objects are taken from `hooks`, by the
    names that they had; where they are missing, `limits` says so. A run without a recipe is repeated with a `trainer`
    that is made as its own was. Raises RunDirectoryError for a run without an end or a recipe, and where a checkpoint
    that it loaded is gone; TrainerError for a trainer that has trained.
    """
    directory = Path(directory)
    with RunStore.open(directory) as store:
        events = list(store.events())
        before, after = store.note("first_state"), store.note("state")
        changes = json.loads(store.note("hook_changes") or json.dumps(dict(NO_CHANGES)))
    ends = [event for event in events if event.kind == "run_ended"]
    starts = [event for event in events if event.kind == "run_started"]
    if not ends or not starts or ends[-1].id < starts[-1].id or after is None:
        raise _refused(directory, "it has not ended, or not between two iterations", "a run that has ended")
    if trainer is None:
        trainer = _composed(directory, environment)
    elif not trainer.is_as_composed:
        raise TrainerError(
            f"trainer {trainer.setup.name!r}", "it has trained, or was set", "a new one", "make it anew, or reset() it"
        )
    trainer.build()
    _, missing = change_hooks(trainer, changes, hooks)
    if (directory / CHECKPOINTS / FIRST).is_dir():
        trainer.restore(directory / CHECKPOINTS / FIRST)
    last = newest(directory)
    grown = None if last is None else Checkpoint.read(last).state.get("growth")
    if grown is not None:
        # How many records there were when each epoch began is how many there are now.
        trainer.regrow(grown, trainer.batches.position[0])
    begun = state_hash(trainer)
    if before is not None and begun != before:
        still = Run(trainer.setup.name, None, "never begun", 0, 0, 0.0)
        return Replay(still, 0, begun, (("state before the first iteration", before, begun),))
    history = History(events)
    with tempfile.TemporaryDirectory(prefix="sigma-") as folder:
        place = Path(folder).resolve() / directory.absolute().name
        script = Script(directory, place, history, trainer.environment.composer, hooks)
        trainer.script = (*script.commands, history.end(ends[-1]))
        # The run itself saves nothing that nobody loads.
        trainer.setup = evolve(trainer.setup, checkpoint=_NEVER, monitors=())
        at_first = dict(trainer.scores)
        heard = trainer.environment.bus.subscribe("replay", (CommandRefused,), policy=Policy.KEEP_ALL)
        run = trainer.run(directory=place)
        refused = _refusals(heard.drain())
        heard.close()
        with RunStore.open(place) as store:
            # As that of the run was: taken before its end, at which hooks may put something else in place.
            state, epoch = str(store.note("state")), store.last("epoch_ended")
    said, scores = ends[-1].payload, run.scores
    if any(event.kind == "run_interrupted" and event.id > starts[-1].id for event in events):
        # It was not scored where it was interrupted, so its scores are those of its last epoch.
        scores = at_first if epoch is None else {**at_first, **epoch.payload["scores"]}
    pairs = (
        ("state", after, state),
        ("iterations", said["iteration"], run.iterations),
        ("epochs", said["epochs"], run.epochs),
        *((name, value, plain(scores.get(name))) for name, value in said["scores"].items()),
    )
    differences = tuple((what, then, now) for what, then, now in pairs if then != now)
    limits = [f"hook {name}: it was attached as an object, and is missing" for name in (*missing, *script.missing)]
    return Replay(run, script.count, state, (*refused, *differences), (*limits, *_looking_at_clocks(trainer)))


def _composed(directory: Path, environment: Environment | None) -> Trainer:
    try:
        recipe = Recipe.load(RunDirectory.recipe_in(directory)).without("monitors")
    except RunDirectoryError as error:
        raise RunDirectoryError(
            error.where,
            error.found,
            "a run of a recipe",
            "make the trainer as it was made, and call replay(directory, trainer=trainer) in Python",
        ) from error
    return Trainer.from_recipe(recipe, environment=environment)


def _refusals(events: Iterable[Any]) -> list[tuple[str, str, str]]:
    """The commands that were refused, as differences: each of them was applied then."""
    return [
        (f"{event.command['command']} after {event.iteration} iterations", "applied", f"refused: {event.reason}")
        for event in events
        if event.origin == "replay"
    ]


def _looking_at_clocks(trainer: Trainer) -> Iterator[str]:
    """Hooks that act by a clock do so at other iterations every time."""
    for hook in HOOKS:
        for found in trainer.hooks.implementations(hook):
            if found.when is not None and Unit.SECONDS in found.when.units():
                yield f'hook {found.plugin!r}: it looks at a clock ("{found.when}")'


def _refused(directory: Path, found: str, expected: str) -> RunDirectoryError:
    return RunDirectoryError(f"run {str(directory)!r}", found, expected, "replay another run")
