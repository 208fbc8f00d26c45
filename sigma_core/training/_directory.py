"""The directory of a run: the resolved recipe, the plugins, the run store, checkpoints."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sigma_core.errors import RunDirectoryError, SigmaError, StorageError
from sigma_core.events import RunStore
from sigma_core.training._criterion import Criterion
from sigma_core.training._hook_changes import hook_changes
from sigma_core.training._keeping import CHECKPOINTS, FIRST, LAST, PREVIOUS, checkpoint_in
from sigma_core.training._presence import FILE as LOCK
from sigma_core.training._presence import Presence
from sigma_core.training._provenance import provenance

if TYPE_CHECKING:
    from sigma_core.training._trainer import Trainer

_RECIPE = "recipe.toml"
_PLUGINS = "plugins.json"
STORE = "run.db"


class RunDirectory:
    """Made anew for each run, or gone on with; one process at a time has it."""

    def __init__(self, path: Path, store: RunStore, presence: Presence) -> None:
        self.path = path
        self.presence = presence
        self._store = store
        self._is_open = True
        checkpoints = path / CHECKPOINTS
        self.first_checkpoint = checkpoints / FIRST
        """Where the state goes from which the run began, if it is not that of its recipe."""
        self.last_checkpoint = checkpoints / LAST
        """Where the state at the end of the run goes."""
        self.previous_checkpoint = checkpoints / PREVIOUS
        """Where the regular checkpoint before the last one goes."""

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new directory. Raises RunDirectoryError where something is there, StorageError where none can be made."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            # A process that was killed at this very point has left its lock, and no run.
            is_taken = any(found.name != LOCK for found in path.iterdir())
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
        return cls._held(path, RunStore.create)

    @classmethod
    def is_run(cls, path: Path) -> bool:
        """Whether a run has begun in that directory."""
        return (path / STORE).is_file()

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """The directory of a run that is gone on with.

        Raises RunDirectoryError where there is none or a run is going on in it, StorageError when the disk refuses.
        """
        if not cls.is_run(path):
            raise no_run(path, f"it has no {STORE}")
        return cls._held(path, _gone_on_with)

    @classmethod
    def _held(cls, path: Path, store: Callable[[Path], RunStore]) -> Self:
        presence = Presence.take(path)
        try:
            return cls(path, store(path), presence)
        except BaseException:
            presence.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @classmethod
    def checkpoint_in(cls, path: Path) -> Path:
        """The newest whole checkpoint of a run, given its directory; any other path is that of a checkpoint itself."""
        return checkpoint_in(path)

    @classmethod
    def recipe_in(cls, path: Path) -> Path:
        """The recipe of a run. Raises RunDirectoryError where there is none, as of a trainer with arrays in memory."""
        recipe = path / _RECIPE
        try:
            lines = recipe.read_text("utf-8").splitlines()
        except OSError as error:
            raise no_run(path, f"its {_RECIPE} cannot be read: {error}") from error
        if all(line.startswith("#") for line in lines):
            raise RunDirectoryError(
                f"run directory {str(path)!r}",
                "its trainer had no recipe",
                "a run of a recipe",
                "make the trainer as it was made, and call run(directory=..., resume=True)",
            )
        return recipe

    @classmethod
    def next(cls, runs: Path, name: str) -> Path:
        """The first free path in a folder of runs: `digits-1`, `digits-2`, ..."""
        number = 1
        # Of a name that the system does not take, whoever makes the directory tells.
        with suppress(OSError):
            while (runs / f"{name}-{number}").exists():
                number += 1
        return runs / f"{name}-{number}"

    def begin(self, trainer: "Trainer", criterion: Criterion, state: str) -> None:
        """Write what the run is made of and the hash of its first state, and keep its events from now on.

        The recipe says the criterion of this run, so that whoever goes on with it goes on to the same end.
        """
        self._write(_PLUGINS, json.dumps(provenance(trainer.environment), indent=1) + "\n")
        try:
            self._write(_RECIPE, trainer.recipe(criterion).to_toml())
        except StorageError:
            raise
        except SigmaError as error:
            # Arrays in memory and unregistered parts have no recipe; the run is none the worse for it.
            self._write(_RECIPE, "".join(f"# {line}\n" for line in str(error).splitlines()))
        if self.is_new:
            # Of a run that goes on they are there already.
            self._store.write_note("hook_changes", json.dumps(hook_changes(trainer)))
            self._store.write_note("first_state", state)
        self._store.attach(trainer.environment.bus)

    @property
    def is_new(self) -> bool:
        """Whether no run has begun in it."""
        return self._store.note("first_state") is None

    def note(self, name: str, text: str) -> None:
        """Keep a note in the store, such as the hash of a state."""
        self._store.write_note(name, text)

    def close(self) -> None:
        """Write what the store still holds back, close it and let go of the directory."""
        if self._is_open:
            self._is_open = False
            self._store.close()
            self.presence.release()

    def flush(self) -> None:
        """Have everything written that has happened so far, if it can be."""
        self._store.flush()

    def holds(self, path: Path) -> bool:
        """Whether a path lies in the directory."""
        return path.absolute().is_relative_to(self.path.absolute())

    def _write(self, name: str, text: str) -> None:
        place = self.path / name
        with suppress(OSError, UnicodeError):
            # A run that is resumed leaves what is right as it is: nothing can be cut short by the next kill.
            if place.read_text("utf-8") == text:
                return
        write_whole(place, text)


def delete_run(directory: Path | str) -> None:
    """Remove the directory of a run, with its checkpoints.

    Raises RunDirectoryError where there is none, for a link to one, and while one goes on in it; StorageError when the
    disk refuses.
    """
    path = Path(directory)
    if path.is_symlink() or not RunDirectory.is_run(path):
        raise no_run(path, "it is a link" if path.is_symlink() else "it holds no run")
    # Nobody can go on with it meanwhile, or find half of it when the disk refuses the rest.
    presence = Presence.take(path)
    try:
        (path / STORE).unlink()
    except OSError as error:
        raise _kept(path, error) from error
    finally:
        presence.release()
    try:
        # It removes links, and does not follow them.
        shutil.rmtree(path)
    except OSError as error:
        raise _kept(path, error) from error


def _kept(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"run directory {str(path)!r}",
        f"cannot be removed: {error}",
        "a folder that can be written, and files that nobody holds open",
        "close what reads them, or remove the folder by hand",
    )


def write_whole(place: Path, text: str) -> None:
    """Write a file of a run, whole or not at all: what is there stays until the new text is on the disk.

    Raises StorageError when the disk refuses.
    """
    made = place.with_name(f".{place.name}.partial")
    try:
        made.write_text(text, "utf-8", newline="\n")
        with made.open("rb+") as file:
            os.fsync(file.fileno())
        made.replace(place)
    except OSError as error:
        with suppress(OSError):
            made.unlink()
        raise StorageError(
            str(place),
            f"cannot be written: {error}",
            "a folder that can be written, with room left",
            "free some space or choose another with --directory",
        ) from error


def _gone_on_with(path: Path) -> RunStore:
    """The store of a run; a new one where the run was killed before it had begun, and the store was not yet whole."""
    if (path / _PLUGINS).exists():
        return RunStore.reopen(path)
    for left in path.glob(f"{STORE}*"):
        left.unlink()
    return RunStore.create(path)


def no_run(path: Path, found: str) -> RunDirectoryError:
    return RunDirectoryError(
        f"run directory {str(path)!r}",
        found,
        "the directory of a run",
        "`sigma train` makes one for each run, under runs/",
    )


def _taken(path: Path, found: str) -> RunDirectoryError:
    return RunDirectoryError(
        f"run directory {str(path)!r}",
        found,
        "a new or empty folder",
        "choose another with --directory, or remove this one",
    )
