"""Events, the bus they travel on, logs as events, and the store that keeps them."""

from sigma_core.events._bus import Bus, Policy
from sigma_core.events._checkpoint import CheckpointFailed, CheckpointRestored, CheckpointSaved
from sigma_core.events._command import CommandApplied, CommandRefused
from sigma_core.events._component import NetworkBuilt, PluginRejected, StepCompiled
from sigma_core.events._decoding import classes_of, decoded
from sigma_core.events._epoch import EpochEnded, EpochStarted, ValidationEnded, ValidationStarted
from sigma_core.events._event import Event, name_of_event, scores
from sigma_core.events._glimpse import Glimpse
from sigma_core.events._iteration import IterationEnded, IterationStarted
from sigma_core.events._log import LogRecorded, SubscriberFailed
from sigma_core.events._logs import make_logger
from sigma_core.events._payload import RecordedError, measurements, payload, plain
from sigma_core.events._profile import BudgetExceeded, RunProfiled
from sigma_core.events._run import (
    RunDescribed,
    RunEnded,
    RunFailed,
    RunInterrupted,
    RunPaused,
    RunReset,
    RunResumed,
    RunStarted,
)
from sigma_core.events._store import RunStore
from sigma_core.events._stored import StoredEvent
from sigma_core.events._subscription import Subscription
from sigma_core.events._task import OngoingTask, TaskProgressed
from sigma_core.events._telling import Teller, event_of
from sigma_core.events._values import ValuesPublished

__all__ = [
    "BudgetExceeded",
    "Bus",
    "CheckpointFailed",
    "CheckpointRestored",
    "CheckpointSaved",
    "CommandApplied",
    "CommandRefused",
    "EpochEnded",
    "EpochStarted",
    "Event",
    "Glimpse",
    "IterationEnded",
    "IterationStarted",
    "LogRecorded",
    "NetworkBuilt",
    "OngoingTask",
    "PluginRejected",
    "Policy",
    "RecordedError",
    "RunDescribed",
    "RunEnded",
    "RunFailed",
    "RunInterrupted",
    "RunPaused",
    "RunProfiled",
    "RunReset",
    "RunResumed",
    "RunStarted",
    "RunStore",
    "StepCompiled",
    "StoredEvent",
    "SubscriberFailed",
    "Subscription",
    "TaskProgressed",
    "Teller",
    "ValidationEnded",
    "ValidationStarted",
    "ValuesPublished",
    "classes_of",
    "decoded",
    "event_of",
    "make_logger",
    "measurements",
    "name_of_event",
    "payload",
    "plain",
    "scores",
]
