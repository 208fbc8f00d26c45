"""`sigma run profile`: where the time of a run went."""

import json
from pathlib import Path

import click

from sigma_core.cli._given import STANDARD_OUTPUT, chosen, write_picture
from sigma_core.cli._runs import directory_of
from sigma_core.errors import RunDirectoryError
from sigma_core.events import RunStore
from sigma_core.training import Profile


@click.command()
@click.argument("name")
@click.option(
    "--svg",
    metavar="[FILE]",
    is_flag=False,
    flag_value=STANDARD_OUTPUT,
    help="As a picture, into this file or else to standard output; put it behind NAME.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def profile(*, name: str, svg: str | None, as_json: bool) -> None:
    """Print where the time of the run NAME went, which was trained with --profile and has ended."""
    chosen({"--svg": svg is not None, "--json": as_json})
    found = _stored(directory_of(name))
    if svg is not None:
        write_picture(found.svg(), svg)
    elif as_json:
        click.echo(json.dumps(found.to_dict(), indent=2))
    else:
        click.echo(found.table())


def _stored(directory: Path) -> Profile:
    with RunStore.open(directory) as store:
        profiles = list(store.events("run_profiled"))
    if not profiles:
        raise RunDirectoryError(
            f"run {directory.name!r}",
            "it has no profile",
            "a run that was profiled and has ended",
            "train with --profile, or with profile = true in the recipe",
        )
    return Profile.from_dict(profiles[-1].payload["profile"])
