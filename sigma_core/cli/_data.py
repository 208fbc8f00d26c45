"""`sigma data`: what a recipe trains on, what is appended to it, and the cache of prepared records."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import click
import numpy as np

from sigma_core.cli._given import composed
from sigma_core.cli._preview import as_image, as_table
from sigma_core.cli._table import table
from sigma_core.cli._warnings import warn_of_rejected
from sigma_core.data import GrowingDataset, records_of
from sigma_core.data.cache import Cache, Downloads, Info, bytes_of, in_words
from sigma_core.environment import Environment
from sigma_core.errors import UserError
from sigma_core.training import Trainer

_RECIPE = click.argument("recipe", type=click.Path(path_type=Path))
_SET = click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="Change a setting of the recipe.")
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_RAW = click.option("--raw", is_flag=True, help="The records as they are read, before they are preprocessed.")


@click.group()
def data() -> None:
    """Look at the data of a recipe, append to it, and look at the cache of prepared records."""


@data.command()
@_RECIPE
@_SET
@_RAW
@_JSON
def describe(*, recipe: Path, settings: tuple[str, ...], raw: bool, as_json: bool) -> None:
    """Print what is in the data of RECIPE: records of each part, shapes, ranges, missing values, classes."""
    with Environment() as environment:
        dataset, seed, dtype = _of(recipe, settings, environment)
        described = dataset.describe(environment) if raw else dataset.prepare(environment, seed, dtype).describe()
    if as_json:
        click.echo(json.dumps(described.as_data(), indent=2))
        return
    for name, part in described.parts.items():
        click.echo(f"{name}: {part.records:,} records")
        click.echo("\n".join(f"  {line}" for line in str(part).splitlines()))


@data.command()
@_RECIPE
@_SET
@_RAW
@click.option("--records", type=click.IntRange(min=1), help="How many; 10 in a table, 64 in a picture.")
@click.option("--section", help="The section that holds images; without it the first that does.")
@click.option("--png", type=click.Path(path_type=Path), help="Write them as images into one picture.")
def preview(  # noqa: PLR0913  # the options of a command
    *, recipe: Path, settings: tuple[str, ...], raw: bool, records: int | None, section: str | None, png: Path | None
) -> None:
    """Print the first training records of RECIPE, as a table, or draw them."""
    with Environment() as environment:
        dataset, seed, dtype = _of(recipe, settings, environment)
        if raw:
            sections = next(iter(dataset.blocks(environment, records or 64)))
        else:
            sections = dataset.prepare(environment, seed, dtype).training
        if png is None:
            click.echo(as_table(sections, records or 10))
            return
        from sigma_core.cli._png import png as encoded

        picture = encoded(as_image(sections, records or 64, section))
    try:
        png.write_bytes(picture)
    except OSError as error:
        raise UserError(
            f"--png {png}", error.strerror or str(error), "a file that can be written", "choose another place"
        ) from error


@data.command()
@_RECIPE
@click.argument("file", type=click.Path(path_type=Path))
@_SET
def append(*, recipe: Path, file: Path, settings: tuple[str, ...]) -> None:
    """Append the records of FILE, a .npz with an array for each section, to the growing data of RECIPE.

    Also while another process trains on it.
    """
    with Environment() as environment:
        dataset, _, _ = _of(recipe, settings, environment)
        if not isinstance(dataset, GrowingDataset):
            raise UserError(
                f"{recipe}, dataset",
                f"{type(dataset).__name__} does not grow",
                "a dataset that grows",
                'write dataset = { use = "growing", folder = "..." }',
            )
        try:
            with file.open("rb") as stream, np.load(stream) as arrays:
                records = dict(arrays)
        except (OSError, ValueError, TypeError, BadZipFile) as error:
            raise UserError(
                str(file),
                f"it cannot be read: {error}",
                "a file of numpy.savez",
                "write it with an array for each section",
            ) from error
        count = dataset.append(records)
    click.echo(f"{records_of(records):,} records appended, {count:,} in all")


@data.group()
def cache() -> None:
    """Look at the cache of prepared records and of what was fetched, or empty it."""


@cache.command("list")
@_JSON
def list_(*, as_json: bool) -> None:
    """List what is in the cache, the most recently used first, then what was fetched, the newest first."""
    with Environment() as environment:
        kept, fetched = Cache.of(environment), _downloads(environment)
        entries, downloads = kept.entries(), fetched.entries()
    if as_json:
        click.echo(json.dumps([_as_data(info) for info in (*entries, *downloads)], indent=2))
        return
    rows = [[info.key[:12], in_words(info.bytes), _when(info), info.description] for info in (*entries, *downloads)]
    if rows:
        click.echo(table(["entry", "size", "used", "what it is"], rows))
    click.echo(f"{_size(entries)} in {len(entries)} entries, in '{kept.folder}'")
    if downloads:
        click.echo(f"{_size(downloads)} in {len(downloads)} downloads, in '{fetched.folder}'")


@cache.command()
@click.option("--limit", help="Keep so much, such as 20 GB: what was not used for longest goes.")
@click.option("--downloads", is_flag=True, help="Remove what was fetched, too: it has to be fetched again.")
def clear(*, limit: str | None, downloads: bool) -> None:
    """Remove prepared records that are not in use, or as many as make the cache no larger than a limit."""
    with Environment() as environment:
        kept = Cache.of(environment)
        removed = kept.evict(limit=0 if limit is None else bytes_of(limit, "--limit"))
        left = kept.entries()
        fetched = _downloads(environment).clear() if downloads else []
    in_use = sum(info.is_in_use for info in left)
    click.echo(
        f"removed {_size(removed)} in {len(removed)} entries, "
        f"kept {_size(left)} in {len(left)}, {in_use} of them in use"
    )
    if downloads:
        click.echo(f"removed {_size(fetched)} in {len(fetched)} downloads")


def _of(recipe: Path, settings: tuple[str, ...], environment: Environment) -> Any:
    """The dataset of a recipe, its seed and its dtype."""
    warn_of_rejected(environment)
    setup = Trainer.from_recipe(composed(recipe, settings), environment=environment).setup
    return setup.dataset, setup.seed, setup.dtype


def _downloads(environment: Environment) -> Downloads:
    return Downloads(environment.paths.cache / "downloads")


def _size(entries: Iterable[Info]) -> str:
    return in_words(sum(info.bytes for info in entries))


def _when(info: Info) -> str:
    return datetime.fromtimestamp(info.used, UTC).strftime("%Y-%m-%d %H:%M")


def _as_data(info: Info) -> dict[str, Any]:
    return {
        "entry": info.key,
        "bytes": info.bytes,
        "used": info.used,
        "is_in_use": info.is_in_use,
        "description": info.description,
    }
