"""`sigma replay`: a run again, with its commands."""

import json

import click

from sigma_core.cli._runs import directory_of
from sigma_core.cli._warnings import warn_of_rejected
from sigma_core.environment import Environment
from sigma_core.training import replay as replayed


@click.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def replay(context: click.Context, *, run: str, as_json: bool) -> None:
    """Repeat RUN, a name or a directory, with the commands that it was given, at their iterations.

    Exit code 0 when it ends with the same parameters and state, 1 when it does not. What it writes is removed again.
    """
    directory = directory_of(run)
    with Environment() as environment:
        warn_of_rejected(environment)
        found = replayed(directory, environment)
    differences = [{"what": what, "then": then, "now": now} for what, then, now in found.differences]
    if as_json:
        told = {"run": run, "same": not differences, "state": found.state, "iterations": found.run.iterations}
        told |= {"commands": found.commands, "differences": differences, "limits": list(found.limits)}
        click.echo(json.dumps(told))
    else:
        word = "another end" if differences else "the same end"
        commands = "1 command" if found.commands == 1 else f"{found.commands} commands"
        click.echo(f"{run}: {word} after {found.run.iterations} iterations and {commands}, state {found.state}")
        for each in differences:
            click.echo(f"  {each['what']}: {each['then']} then, {each['now']} now")
        for limit in found.limits:
            click.echo(f"  not repeated: {limit}")
    if differences:
        context.exit(1)
