"""The directory of a run: the resolved recipe, the plugins, the run store, checkpoints."""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sigma_core.errors import RunDirectoryError, SigmaError, StorageError
from sigma_core.events import RunStore

if TYPE_CHECKING:
    from sigma_core.training._trainer import Trainer

_RECIPE = "recipe.toml"
_PLUGINS = "plugins.json"
_CHECKPOINTS = "checkpoints"


class RunDirectory:
    """Made anew for each run; whatever is there already is left alone."""

    def __init__(self, path: Path, store: RunStore) -> None:
        self.path = path
        self._store = store

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new directory. Raises RunDirectoryError where something is there, StorageError where none can be made."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            is_taken = any(path.iterdir())
        except OSError as error:
            # Of a file in its place, that is; Windows says the same of one further up.
            if isinstance(error, FileExistsError) and path.exists():
                raise _taken(path, "a file has this name") from error
            raise StorageError(
                f"run directory {str(path)!r}",
                f"cannot be made: {error}",
                "a folder that can be written",
                "choose another with --directory",
            ) from error
        if is_taken:
            raise _taken(path, "it exists and is not empty")
        return cls(path, RunStore.create(path))

    @classmethod
    def checkpoint_in(cls, path: Path) -> Path:
        """The last checkpoint of a run, given its directory; any other path is that of a checkpoint itself."""
        last = path / _CHECKPOINTS / "last"
        return last if last.is_dir() else path

    @classmethod
    def next(cls, runs: Path, name: str) -> Path:
        """The first free path in a folder of runs: `digits-1`, `digits-2`, ..."""
        number = 1
        # Of a name that the system does not take, whoever makes the directory tells.
        with suppress(OSError):
            while (runs / f"{name}-{number}").exists():
                number += 1
        return runs / f"{name}-{number}"

    def begin(self, trainer: "Trainer") -> None:
        """Write what the run is made of, and keep its events from now on."""
        self._write(_PLUGINS, json.dumps(provenance(trainer), indent=1) + "\n")
        try:
            self._write(_RECIPE, trainer.recipe().to_toml())
        except StorageError:
            raise
        except SigmaError as error:
            # Arrays in memory and unregistered parts have no recipe; the run is none the worse for it.
            self._write(_RECIPE, "".join(f"# {line}\n" for line in str(error).splitlines()))
        self._store.attach(trainer.environment.bus)

    def close(self) -> None:
        """Write what the store still holds back, and close it."""
        self._store.close()

    @property
    def last_checkpoint(self) -> Path:
        """Where the state at the end of the run goes."""
        return self.path / _CHECKPOINTS / "last"

    def _write(self, name: str, text: str) -> None:
        try:
            (self.path / name).write_text(text, "utf-8", newline="\n")
        except OSError as error:
            raise StorageError(
                str(self.path / name),
                f"cannot be written: {error}",
                "a folder that can be written, with room left",
                "free some space or choose another with --directory",
            ) from error


def provenance(trainer: "Trainer") -> dict[str, object]:
    """The distributions that could have had a part in a run, with their versions."""
    import platform

    import numpy as np

    found = trainer.environment.components.distributions()
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "distributions": [{"name": each.name, "version": each.version, "status": each.status.value} for each in found],
    }


def _taken(path: Path, found: str) -> RunDirectoryError:
    return RunDirectoryError(
        f"run directory {str(path)!r}",
        found,
        "a new or empty folder",
        "choose another with --directory, or remove this one",
    )
