"""The library of Weights & Biases, and the process of its own that it writes with, which is ended with the last run."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

# A training is nobody's business unless its owner says so; whoever wants to report errors sets it to true.
os.environ.setdefault("WANDB_ERROR_REPORTING", "false")

import wandb  # it looks at the environment when it is imported

__all__ = ["begun", "ended", "wandb"]

_changing = Lock()
_runs: set[int] = set()


def begun(folder: Path, config: Mapping[str, Any], **settings: Any) -> "wandb.Run":
    """A run that writes into a folder. The terminal, what ends the process and its measures are left to others."""
    with _changing:
        hooks = sys.exit, sys.excepthook
        try:
            run = wandb.init(
                dir=str(folder),
                config=dict(config),
                # Others may have a run of their own in this process.
                reinit="create_new",
                settings=wandb.Settings(
                    console="off",
                    silent=True,
                    disable_code=True,
                    disable_git=True,
                    x_disable_meta=True,
                    x_disable_stats=True,
                    x_save_requirements=False,
                ),
                **settings,
            )
        finally:
            # It would print what ends the process a second time.
            sys.exit, sys.excepthook = hooks
        _runs.add(id(run))
        return run


def ended(run: "wandb.Run", *, has_failed: bool) -> None:
    """End a run; with the last one its process and its threads, unless somebody else has a run."""
    with _changing:
        try:
            run.finish(exit_code=int(has_failed))
        finally:
            _runs.discard(id(run))
            if not _runs and wandb.run is None:
                wandb.teardown()
