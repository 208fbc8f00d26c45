"""`sigma run`: steer a run that goes on in another process."""

import json
from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import click

from sigma_core.cli._metrics import metrics
from sigma_core.cli._predict import inputs_of
from sigma_core.cli._profile import profile
from sigma_core.cli._runs import RUNS, directory_of, exists
from sigma_core.events import plain
from sigma_core.training import Checkpoint, Recipe, RunDirectory, holder_of, load_trained, send_command


@click.group()
def run() -> None:
    """Steer a run that goes on, by its name or its directory, or ask what one has measured and where its time went.

    A command is applied between two iterations; this waits for the answer, and for at most --timeout seconds.
    """


run.add_command(metrics)
run.add_command(profile)


class _Seconds(click.FloatRange):
    """A number of seconds from 0 to a day; what is no number is in no range, so it has to be refused as well."""

    def __init__(self) -> None:
        super().__init__(min=0, max=86400)

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """The number."""
        seconds = super().convert(value, parameter, context)
        if isnan(seconds):
            self.fail(f"{seconds} is not in the range 0<=x<=86400.", parameter, context)
        return seconds


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="The answer as JSON."),
        click.option("--timeout", type=_Seconds(), default=10.0, help="Seconds to wait (default: 10)."),
    ):
        command = option(command)
    return command


def _ask(name: str, timeout: float, done: str, /, *, as_json: bool, **command: Any) -> None:
    """Send a command and say what came of it; in `done`, `{}` stands for the answer."""
    answer = send_command(directory_of(name), command, timeout)
    if as_json:
        click.echo(json.dumps({"result": answer["result"], "iteration": answer["iteration"]}))
    else:
        result = answer["result"]
        several = f" ({len(result)} values)" if isinstance(result, list) and len(result) > 1 else ""
        click.echo(f"{name}: {done.replace('{}', str(result))}{several}, after {answer['iteration']} iterations")


def _simple(word: str, command: str, done: str, summary: str) -> None:
    @run.command(word, help=summary)
    @click.argument("name")
    @_options
    def steer(*, name: str, timeout: float, as_json: bool) -> None:
        _ask(name, timeout, done, as_json=as_json, command=command)


_simple("pause", "pause", "paused", "Hold the run NAME before its next iteration.")
_simple("resume", "resume", "goes on", "Let the run NAME go on after a pause.")
_simple("step", "step_once", "takes one step", "Let the run NAME do one iteration and hold it then.")
_simple("reset", "reset", "begins again", "Let the run NAME begin again from before its first iteration.")


@run.command()
@click.argument("name")
@click.option("--reason", default="stopped", help="What the run says of its end.")
@_options
def stop(*, name: str, reason: str, timeout: float, as_json: bool) -> None:
    """End the run NAME before its next iteration; it is saved first."""
    _ask(name, timeout, "stopped", as_json=as_json, command="stop", reason=reason)


@run.command()
@click.argument("name")
@click.argument("identifier")
@_options
def get(*, name: str, identifier: str, timeout: float, as_json: bool) -> None:
    """Print a value of the run NAME as JSON, such as optimiser.learning_rate; several for a pattern."""
    answer = send_command(directory_of(name), {"command": "get_value", "identifier": identifier}, timeout)
    told = {"result": answer["result"], "iteration": answer["iteration"]}
    click.echo(json.dumps(told if as_json else answer["result"]))


@run.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@_options
def predict(*, name: str, file: Path, timeout: float, as_json: bool) -> None:
    """Print what the network of the run NAME says of the raw records in FILE, as JSON: one for each record.

    FILE holds JSON (records in a list, or a table of such lists by section), or an array (.npy), or arrays by section
    (.npz); - is JSON on standard input. A run that goes on answers between two iterations, and is not changed. Of one
    that has ended the newest checkpoint is asked; its data is not read.
    """
    directory, inputs = directory_of(name), inputs_of(file)
    holder = holder_of(directory)
    if holder is not None and holder.is_alive:
        answer = send_command(directory, {"command": "predict", "inputs": inputs}, timeout)
    else:
        iteration = Checkpoint.read(RunDirectory.checkpoint_in(directory)).state["iteration"]
        answer = {"result": plain(load_trained(directory).predict(inputs)), "iteration": iteration}
    told = {"result": answer["result"], "iteration": answer["iteration"]}
    click.echo(json.dumps(told if as_json else answer["result"]))


@run.command("set")
@click.argument("name")
@click.argument("identifier")
@click.argument("value")
@_options
def set_value(*, name: str, identifier: str, value: str, timeout: float, as_json: bool) -> None:
    """Set a value of the run NAME: IDENTIFIER, such as optimiser.learning_rate, to VALUE, written as in JSON.

    A pattern, such as "network.**.biases", sets all that it means, or none of them.
    """
    try:
        given = json.loads(value)
    except (ValueError, RecursionError):
        # What is no JSON is a text, which the run refuses in its own words.
        given = value
    command = {"command": "set_value", "identifier": identifier, "value": given}
    _ask(name, timeout, f"{identifier} is {value}", as_json=as_json, **command)


@run.command()
@click.argument("name")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--pattern", "patterns", multiple=True, help="Keep only the values that match; may be repeated.")
@_options
def save(*, name: str, path: Path | None, patterns: tuple[str, ...], timeout: float, as_json: bool) -> None:
    """Write a checkpoint of the run NAME to PATH, by default checkpoints/saved in its directory.

    With --pattern, such as "network.**", it holds these values alone, for other networks to take over.
    """
    chosen = path or directory_of(name) / "checkpoints" / "saved"
    command = {"command": "save", "path": str(chosen.absolute()), "patterns": patterns}
    _ask(name, timeout, "saved in {}", as_json=as_json, **command)


@run.command()
@click.argument("name")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--pattern", "patterns", multiple=True, help="Take only the parameters that match; may be repeated.")
@_options
def load(*, name: str, checkpoint: Path, patterns: tuple[str, ...], timeout: float, as_json: bool) -> None:
    """Let the run NAME go on from CHECKPOINT, exactly, or from the newest of a run, given its name or directory.

    With --pattern, such as "network.layers.dense_1.*", it takes these parameters over and goes on where it is.
    """
    place = checkpoint if exists(checkpoint) or not exists(RUNS / checkpoint) else RUNS / checkpoint
    chosen = RunDirectory.checkpoint_in(place).absolute()
    done = f"has taken over {' and '.join(patterns)}" if patterns else f"goes on from {chosen}"
    _ask(name, timeout, done, as_json=as_json, command="load", path=str(chosen), patterns=patterns)


@run.command()
@click.argument("name")
@click.argument("hook")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the hook; may be repeated.")
@click.option("--as", "called", metavar="NAME", help="What to call it (default: as its component).")
@_options
def attach(  # noqa: PLR0913  # the options of a command
    *, name: str, hook: str, settings: tuple[str, ...], called: str | None, timeout: float, as_json: bool
) -> None:
    """Register a HOOK, the name of a component, with the run NAME, such as early_stop --set count=3."""
    table = dict(Recipe({"use": hook}).having(settings).values)
    _ask(name, timeout, "has the hook {}", as_json=as_json, command="attach", hook=table, name=called)


@run.command()
@click.argument("name")
@click.argument("hook")
@_options
def detach(*, name: str, hook: str, timeout: float, as_json: bool) -> None:
    """Take the hook of the name HOOK away from the run NAME, unless another requires it."""
    _ask(name, timeout, f"is without {hook}", as_json=as_json, command="detach", name=hook)
