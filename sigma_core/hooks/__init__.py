"""Hooks: synchronous, ordered participants in the life of a run."""

from sigma_core.hooks._background import BEHIND, Background, BackgroundStatus
from sigma_core.hooks._budget import Budget, duration
from sigma_core.hooks._clock import MOMENTS, Clock, Moments, Reading, Unit
from sigma_core.hooks._counting import after, every, on, until
from sigma_core.hooks._dispatch import Dispatch
from sigma_core.hooks._explain import Row
from sigma_core.hooks._implementation import Implementation, Timed
from sigma_core.hooks._lane import Lane
from sigma_core.hooks._manager import HookManager
from sigma_core.hooks._markers import PHASES, SCOPES, hookimpl
from sigma_core.hooks._specifications import (
    HOOKS,
    SPECIFICATIONS,
    CheckpointSpecs,
    ComponentSpecs,
    EpochSpecs,
    IterationSpecs,
    RunSpecs,
)
from sigma_core.hooks._trigger import Trigger, once, times

__all__ = [
    "BEHIND",
    "HOOKS",
    "MOMENTS",
    "PHASES",
    "SCOPES",
    "SPECIFICATIONS",
    "Background",
    "BackgroundStatus",
    "Budget",
    "CheckpointSpecs",
    "Clock",
    "ComponentSpecs",
    "Dispatch",
    "EpochSpecs",
    "HookManager",
    "Implementation",
    "IterationSpecs",
    "Lane",
    "Moments",
    "Reading",
    "Row",
    "RunSpecs",
    "Timed",
    "Trigger",
    "Unit",
    "after",
    "duration",
    "every",
    "hookimpl",
    "on",
    "once",
    "times",
    "until",
]
