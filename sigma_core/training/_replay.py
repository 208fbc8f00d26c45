"""A run again, with the commands that it was given, to see that it comes to the same state."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import frozen

from sigma_core.environment import Environment
from sigma_core.errors import RunDirectoryError
from sigma_core.events import RunStore, StoredEvent, plain
from sigma_core.registry import Composer
from sigma_core.training._commands import Load, Resume, Save, Stop, read
from sigma_core.training._resume import state_hash
from sigma_core.training._run import Run
from sigma_core.training._steering import Scripted
from sigma_core.training._trainer import Trainer
from sigma_core.training.recipe import Recipe


@frozen
class Replay:
    """What came of it: the run, how many commands were given, and what differs, as (what, then, now)."""

    run: Run
    commands: int
    state: str
    """SHA-256 of the parameters and all else that a step reads and writes."""
    differences: tuple[tuple[str, Any, Any], ...]


def replay(directory: Path, environment: Environment) -> Replay:
    """Repeat the run in a directory, without monitors; nothing is written.

    Commands of hooks are given by these themselves. Raises RunDirectoryError for a run without an end or a recipe, and
    for commands that cannot be given again.
    """
    with RunStore.open(directory) as store:
        events = list(store.events())
        before, after = store.note("first_state"), store.note("state")
    ends = [event for event in events if event.kind == "run_ended"]
    starts = [event for event in events if event.kind == "run_started"]
    if not ends or not starts or ends[-1].id < starts[-1].id or after is None:
        raise _refused(directory, "it has not ended, or not between two iterations", "a run that has ended")
    text = (directory / "recipe.toml").read_text("utf-8") if (directory / "recipe.toml").is_file() else ""
    if all(line.startswith("#") for line in text.splitlines()):
        raise _refused(directory, "its trainer had no recipe", "a run of a recipe")
    trainer = Trainer.from_recipe(
        Recipe.load(directory / "recipe.toml").without("monitors"), environment=environment
    ).build()
    begun = state_hash(trainer)
    if before is not None and begun != before:
        return Replay(_still(trainer), 0, begun, (("state before the first iteration", before, begun),))
    given = _script(directory, events, environment.composer)
    trainer.script = (*given, _end(events, ends[-1]))
    run = trainer.run()
    state = state_hash(trainer)
    said = ends[-1].payload
    pairs = (
        ("state", after, state),
        ("iterations", said["iteration"], run.iterations),
        ("epochs", said["epochs"], run.epochs),
        *((name, value, plain(run.scores.get(name))) for name, value in said["scores"].items()),
    )
    return Replay(run, len(given), state, tuple((what, then, now) for what, then, now in pairs if then != now))


def _script(directory: Path, events: Iterable[StoredEvent], composer: Composer) -> tuple[Scripted, ...]:
    """The commands from outside that had a part in the last state, in order."""
    found: list[StoredEvent] = []
    saved: dict[int, int] = {}
    resumed: list[int] = []
    for event in events:
        if event.kind == "checkpoint_saved" and event.iteration is not None:
            saved[event.iteration] = event.id
        elif event.kind == "run_started" and event.iteration is not None:
            # What was done behind the checkpoint from which a run went on is not part of it.
            begin, last = event.iteration, saved.get(event.iteration, 0)
            found = [
                each
                for each in found
                if ((each.iteration or 0) < begin or (each.iteration == begin and each.id < last))
                and each.payload["command"].get("command") != "stop"
            ]
            resumed.append(begin)
        elif event.kind == "command_applied" and event.payload["origin"] != "hook":
            found.append(event)
    script = []
    for event in found:
        values = event.payload["command"]
        hook = values.get("hook")
        if isinstance(hook, dict) and "unregistered" in hook:
            nameless = f"a hook without a name was attached: {hook['unregistered']}"
            raise _refused(directory, nameless, "hooks that are offered under a name")
        command = read(values, composer)
        if isinstance(command, Load) and not Path(command.path).is_dir():
            raise _refused(directory, f"the checkpoint {command.path} is gone", "the checkpoints that it loaded")
        if not isinstance(command, Save):
            script.append(Scripted(event.iteration or 0, event.payload["moment"], command))
    # A run that was paused when it ended went on without a word.
    script += [Scripted(iteration, "iteration", Resume()) for iteration in resumed[1:]]
    return tuple(sorted(script, key=lambda each: each.iteration)) if resumed[1:] else tuple(script)


def _end(events: Iterable[StoredEvent], end: StoredEvent) -> Scripted:
    """A command to end where the run did, if its criterion does not: it may have looked at a clock."""
    at = end.iteration or 0
    is_whole = any(event.kind == "epoch_ended" and event.iteration == at for event in events)
    return Scripted(at, "epoch" if is_whole else "iteration", Stop(end.payload["ended_because"]))


def _still(trainer: Trainer) -> Run:
    return Run(trainer.setup.name, None, "never begun", 0, 0, 0.0)


def _refused(directory: Path, found: str, expected: str) -> RunDirectoryError:
    return RunDirectoryError(f"run {str(directory)!r}", found, expected, "replay another run")
