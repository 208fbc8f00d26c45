"""The checkpoints that a run's directory keeps: `last`, which the regular ones replace, and the one before it.

A run that did not begin from its recipe alone, but from a checkpoint or from what somebody set, keeps that as `first`.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sigma_core.errors import CheckpointError, CheckpointVersionError
from sigma_core.hooks import HookManager, Trigger, hookimpl
from sigma_core.training._checkpoint import Checkpoint, set_aside

if TYPE_CHECKING:
    from sigma_core.training._loop import Loop

CHECKPOINTS = "checkpoints"
FIRST = "first"
LAST = "last"
PREVIOUS = "previous"


REGULAR = "regular_checkpoints"
"""The name of the hook that keeps them."""


class _RegularCheckpoints:
    """Has the state kept whenever a trigger is due, behind all that else happens at that iteration."""

    is_of_a_run = True

    def __init__(self, when: Trigger, loop: "Callable[[], Loop | None]") -> None:
        @hookimpl(when=when)
        def keep() -> None:
            running = loop()
            if running is not None:
                running.keep()

        self.sigma_iteration_ended = keep


@contextmanager
def regular_checkpoints(hooks: HookManager, when: Trigger | None, loop: "Callable[[], Loop | None]") -> Iterator[None]:
    """Keep the state of a run regularly, while it lasts."""
    if when is None:
        yield
        return
    hooks.register(_RegularCheckpoints(when, loop), REGULAR)
    try:
        yield
    finally:
        # A command may have taken it away.
        if hooks.has_plugin(REGULAR):
            hooks.unregister(name=REGULAR)


def newest(directory: Path | str) -> Path | None:
    """The whole checkpoint of a run that has come furthest, or None where there is none.

    A damaged one is passed over, with a warning. Raises CheckpointVersionError for one of a newer version, which a run
    that went on without it would write over.
    """
    found: list[tuple[int, bool, Path]] = []
    for path in candidates(Path(directory) / CHECKPOINTS):
        try:
            state = Checkpoint.read(path).state
        except CheckpointVersionError:
            raise
        except CheckpointError as error:
            warnings.warn(f"{str(error).splitlines()[0]}; it is passed over", UserWarning, stacklevel=2)
            continue
        # Chosen values are nothing to go on from.
        if isinstance(state.get("iteration"), int):
            found.append((state["iteration"], path.name == LAST, path))
    return max(found)[2] if found else None


def checkpoint_in(path: Path | str) -> Path:
    """The newest whole checkpoint of a run, given its directory; any other path is that of a checkpoint itself."""
    try:
        is_run = (Path(path) / CHECKPOINTS).is_dir()
    except OSError:
        # Of a name that the system does not take, whoever reads the checkpoint tells.
        is_run = False
    if not is_run:
        return Path(path)
    return newest(path) or Path(path) / CHECKPOINTS / LAST


def candidates(folder: Path) -> Iterator[Path]:
    """Everything that may be a checkpoint. One that a crash left set aside is read where it should lie."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        name = path.name
        if path.is_dir() and not name.startswith("."):
            yield path
        elif name.startswith(".") and name.endswith(".previous"):
            place = folder / name.removeprefix(".").removesuffix(".previous")
            if set_aside(place) == path and not place.exists():
                yield place
