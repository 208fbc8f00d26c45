"""`sigma run metrics`: the time series that a run has kept."""

import json

import click

from sigma_core.cli._runs import directory_of
from sigma_core.cli._table import table
from sigma_core.errors import IdentifierError, listed
from sigma_core.events import RunStore


@click.command()
@click.argument("name")
@click.argument("series", required=False)
@click.option("--points", type=click.IntRange(min=4), help="At most so many, peaks kept (default: all).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def metrics(*, name: str, series: str | None, points: int | None, as_json: bool) -> None:
    """Print what the run NAME has measured, also while it goes on: the time series SERIES, such as training.loss.

    Without SERIES, all of them by name, with how many points there are and the last one.
    """
    with RunStore.open(directory_of(name)) as store:
        names = store.names()
        if series is not None and series not in names:
            expected = listed(names, series) or "none yet"
            raise IdentifierError(f"run {name!r}", f"there is no time series {series!r}", expected, "name another")
        found = {each: store.metrics(each, points) for each in (names if series is None else [series])}
    if as_json:
        told = {each: {"iterations": iterations, "values": values} for each, (iterations, values) in found.items()}
        click.echo(json.dumps(told))
    elif series is None:
        rows = [[each, str(len(values)), f"{values[-1]:.6g}"] for each, (_, values) in found.items()]
        click.echo(table(["series", "points", "last"], rows))
    else:
        rows = [[str(iteration), f"{value:.9g}"] for iteration, value in zip(*found[series], strict=True)]
        click.echo(table(["iteration", series], rows))
