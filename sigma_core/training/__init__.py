"""Trainers: composed from parts or recipes, run, steered, saved and resumed."""

from sigma_core.training._checkpoint import Checkpoint
from sigma_core.training._checkpoint_list import CheckpointSummary, checkpoints_of
from sigma_core.training._commands import (
    Attach,
    Command,
    Detach,
    GetValue,
    Load,
    Pause,
    Predict,
    Reset,
    Resume,
    Save,
    SetValue,
    SetValues,
    StepOnce,
    Stop,
)
from sigma_core.training._criterion import Criterion, Observation
from sigma_core.training._criterion_text import parse_criterion
from sigma_core.training._data_preview import DataPreview, PreviewedSection, data_preview
from sigma_core.training._directory import RunDirectory, delete_run
from sigma_core.training._following import stored_events
from sigma_core.training._hook_arrays import taken_out
from sigma_core.training._inspection import Inspection
from sigma_core.training._mailbox import send as send_command
from sigma_core.training._merger import Average, Merger
from sigma_core.training._metric import Metric
from sigma_core.training._modifier import Modifier
from sigma_core.training._monitor import Monitor, RunInfo
from sigma_core.training._operator import LocalOperator, Operator
from sigma_core.training._optimiser import Optimiser, Slots
from sigma_core.training._parts import groundwork
from sigma_core.training._presence import Holder, holder_of
from sigma_core.training._replay import Replay, replay
from sigma_core.training._resume import state_hash
from sigma_core.training._run import Run
from sigma_core.training._schedule import Position, Schedule, check_span
from sigma_core.training._summary import RunSummary, summaries, summary
from sigma_core.training._tags import set_tags, tags_of
from sigma_core.training._team import Team
from sigma_core.training._trained import (
    load_trained,
)
from sigma_core.training._trainer import Trainer
from sigma_core.training._transfer import load_parameters
from sigma_core.training._watching import Watched, watch
from sigma_core.training._worker import Task, Worker
from sigma_core.training.profiling import Profile, ProfileRow
from sigma_core.training.recipe import Recipe

__all__ = [
    "Attach",
    "Average",
    "Checkpoint",
    "CheckpointSummary",
    "Command",
    "Criterion",
    "DataPreview",
    "Detach",
    "GetValue",
    "Holder",
    "Inspection",
    "Load",
    "LocalOperator",
    "Merger",
    "Metric",
    "Modifier",
    "Monitor",
    "Observation",
    "Operator",
    "Optimiser",
    "Pause",
    "Position",
    "Predict",
    "PreviewedSection",
    "Profile",
    "ProfileRow",
    "Recipe",
    "Replay",
    "Reset",
    "Resume",
    "Run",
    "RunDirectory",
    "RunInfo",
    "RunSummary",
    "Save",
    "Schedule",
    "SetValue",
    "SetValues",
    "Slots",
    "StepOnce",
    "Stop",
    "Task",
    "Team",
    "Trainer",
    "Watched",
    "Worker",
    "check_span",
    "checkpoints_of",
    "data_preview",
    "delete_run",
    "groundwork",
    "holder_of",
    "load_parameters",
    "load_trained",
    "parse_criterion",
    "replay",
    "send_command",
    "set_tags",
    "state_hash",
    "stored_events",
    "summaries",
    "summary",
    "tags_of",
    "taken_out",
    "watch",
]
