"""What sources take from an environment, and do without where there is none."""

import os
import sys
from pathlib import Path
from typing import Any

from sigma_core.extend import OngoingTask, cache_directory


def ongoing(environment: Any, name: str, *, total: int | None = None, unit: str = "") -> OngoingTask:
    """Long work that the monitors of the environment show."""
    if hasattr(environment, "task"):
        task: OngoingTask = environment.task(name, total=total, unit=unit)
        return task
    return OngoingTask(None, 0, name, total=total, unit=unit)


def cache_of(environment: Any) -> Path:
    """The folder for what had better not be fetched twice."""
    return cache_directory(os.environ, sys.platform) if environment is None else Path(environment.paths.cache)
