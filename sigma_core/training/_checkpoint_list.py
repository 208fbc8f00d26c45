"""The checkpoints of a run, as lists show them: without their arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from sigma_core.errors import SigmaError
from sigma_core.training._checkpoint import manifest_of, set_aside
from sigma_core.training._keeping import CHECKPOINTS, candidates


@frozen(kw_only=True)
class CheckpointSummary:
    """A checkpoint as its manifest tells of it; whether its arrays are whole is known to whoever reads them."""

    name: str
    path: Path
    changed: float
    """When it was written, in seconds since 1970."""
    bytes: int
    """Of all its files."""
    epoch: int | None = None
    iteration: int | None = None
    """Both None for chosen values, from which no run goes on exactly."""
    scores: Mapping[str, Any] = field(factory=dict)
    """The last ones, by identifier."""
    problem: str | None = None
    """What is wrong with it, in one line."""

    @property
    def is_whole(self) -> bool:
        """Whether a run can go on from it."""
        return self.problem is None and self.iteration is not None


def checkpoints_of(directory: Path | str) -> list[CheckpointSummary]:
    """Those of a run, given its directory, the newest first; none where there is no such folder. Never raises."""
    try:
        found = [_summed_up(path) for path in candidates(Path(directory) / CHECKPOINTS)]
    except OSError:
        return []
    return sorted(found, key=lambda each: (-each.changed, each.name))


def _summed_up(path: Path) -> CheckpointSummary:
    changed, size = 0.0, 0
    # A crash may have left it where it was put while a newer one was written.
    folder = path if path.exists() else set_aside(path)
    try:
        for each in folder.iterdir():
            status = each.lstat()
            changed, size = max(changed, status.st_mtime), size + status.st_size
        state = manifest_of(folder)["state"]
    except (SigmaError, OSError) as error:
        return CheckpointSummary(
            name=path.name, path=path, changed=changed, bytes=size, problem=str(error).splitlines()[0]
        )
    epoch, iteration = (state.get(name) for name in ("epoch", "iteration"))
    scores = state.get("scores")
    return CheckpointSummary(
        name=path.name,
        path=path,
        changed=changed,
        bytes=size,
        epoch=epoch if isinstance(epoch, int) else None,
        iteration=iteration if isinstance(iteration, int) else None,
        scores=scores if isinstance(scores, dict) else {},
    )
