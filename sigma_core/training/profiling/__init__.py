"""Where the time of a run goes: the stopwatch, profiles with their table and picture, and time budgets."""

from sigma_core.training.profiling._budgets import Budgets, Exceeded, check_budgets
from sigma_core.training.profiling._profile import Profile, ProfileRow
from sigma_core.training.profiling._stopwatch import (
    CHECKPOINTS,
    COMPILATION,
    MONITORS,
    STORE,
    Idle,
    Measuring,
    Stopwatch,
    measured,
)

__all__ = [
    "CHECKPOINTS",
    "COMPILATION",
    "MONITORS",
    "STORE",
    "Budgets",
    "Exceeded",
    "Idle",
    "Measuring",
    "Profile",
    "ProfileRow",
    "Stopwatch",
    "check_budgets",
    "measured",
]
