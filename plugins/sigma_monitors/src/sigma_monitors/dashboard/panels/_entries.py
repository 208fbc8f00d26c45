"""What happened in a run, a line each: entries of its log, commands, checkpoints, and how it fared."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sigma_core.extend import StoredEvent
from sigma_monitors.dashboard._language import Language

CATEGORIES = ("failure", "warning", "refused", "command", "run", "info", "debug")
"""What is filtered by."""
ORIGINS = ("hook", "background", "python", "monitor", "command line", "signal", "replay")
"""Who sends commands."""
_LONGEST, _MOST = 300, 4000
"""Characters of a line, and of all that there is to say about it."""
_LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "failure", "critical": "failure"}
Row = list[Any]
"""Number, time, category, how grave it is, iteration, who, text, more: as little as can travel."""

_Said = tuple[str, str, str, str]
"""Category, how grave it is, who, and the text."""


def row(event: StoredEvent, say: Language) -> Row:
    """An event of the store in a line."""
    try:
        category, grade, who, text = map(str, _SAID.get(event.kind, _other)(event, say))
        more = _written({name: value for name, value in event.payload.items() if value not in (None, {}, [])})
    except (AttributeError, LookupError, TypeError, ValueError):
        # A damaged store may hold anything; the other lines are shown all the same.
        category, grade, who, text = _other(event, say)
        more = _written(event.payload)
    lines = text.splitlines() or [""]
    first = lines[0] if len(lines[0]) <= _LONGEST else f"{lines[0][:_LONGEST]}..."
    rest = f"{text}\n\n{more}" if first != text else more
    return [event.id, event.time, category, grade, event.iteration, who, first, rest[:_MOST]]


def called(command: Mapping[str, Any]) -> str:
    """A command as a line: its word, and what was given with it."""
    given = {name: value for name, value in command.items() if name != "command" and value not in (None, [], {}, ())}
    values = given.pop("values", None)
    if isinstance(values, Mapping):
        given |= values
    if "identifier" in given:
        identifier = given.pop("identifier")
        given = {str(identifier): given.pop("value", None), **given}
    parts = (f"{name} = {_short(value)}" for name, value in given.items())
    return f"{command.get('command', '?')} {', '.join(parts)}".strip()


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}..."


def _written(payload: object) -> str:
    return json.dumps(payload, ensure_ascii=False, indent=1)


def _logged(event: StoredEvent, say: Language) -> _Said:  # noqa: ARG001  # all of them take the same
    said = event.payload
    category = _LEVELS.get(said["level"], "info")
    fields = "".join(f" {name}={_short(value)}" for name, value in (said.get("fields") or {}).items())
    return category, category, said.get("logger", ""), f"{said['text']}{fields}"


def _applied(event: StoredEvent, say: Language) -> _Said:
    return "command", "info", say(event.payload["origin"]), called(event.payload["command"])


def _refused(event: StoredEvent, say: Language) -> _Said:
    said = event.payload
    text = say("Refused: {command}: {reason}", command=called(said["command"]), reason=said["reason"])
    return "refused", "failure", say(said["origin"]), text


def _failed_subscriber(event: StoredEvent, say: Language) -> _Said:
    text = say("{name} failed and is switched off: {reason}", name=event.payload["subscriber"], reason=_reason(event))
    return "failure", "failure", "", text


def _rejected(event: StoredEvent, say: Language) -> _Said:
    said = event.payload
    text = say("The plugin {name} is not used: {reason}", name=said["plugin"], reason=_reason(event))
    return "warning", "warning", said["distribution"], text


def _reason(event: StoredEvent) -> str:
    return str(event.payload["reason"])


def _failed(event: StoredEvent, say: Language) -> _Said:
    return "failure", "failure", "", say("The run failed: {error}", error=event.payload["error"])


def _unsaved(event: StoredEvent, say: Language) -> _Said:
    said = event.payload
    text = say("No checkpoint could be written to {path}: {error}", path=said["path"], error=said["error"])
    return "failure", "failure", "", text


def _interrupted(event: StoredEvent, say: Language) -> _Said:
    return "run", "warning", "", say("The run was interrupted by {signal}", signal=event.payload["signal"])


def _ended(event: StoredEvent, say: Language) -> _Said:
    reason = event.payload["ended_because"]
    # Why it did not end by itself was said before.
    grade = "warning" if reason.partition(":")[0] in ("failed", "interrupted") else "good"
    return "run", grade, "", say("The run ended: {reason}", reason=reason)


def _exceeded(event: StoredEvent, say: Language) -> _Said:
    said = event.payload
    text = say(
        "{name} took {found}, allowed are {allowed}", name=said["name"], found=said["found"], allowed=said["allowed"]
    )
    return "warning", "warning", said["plugin"], text


def _compiled(event: StoredEvent, say: Language) -> _Said:
    said = event.payload
    text = say(
        "A step of {nodes} nodes was compiled in {seconds} s",
        nodes=say.number(said["nodes"]),
        seconds=say.number(said["seconds"], 2),
    )
    return "debug", "debug", "", text


def _simple(text: str, named: str = "") -> Callable[[StoredEvent, Language], _Said]:
    def said(event: StoredEvent, language: Language) -> _Said:
        values = {named: event.payload[named]} if named else {}
        return "run", "info", "", language(text, **values)

    return said


def _other(event: StoredEvent, say: Language) -> _Said:  # noqa: ARG001  # all of them take the same
    return "run", "info", "", event.kind.replace("_", " ")


_SAID: Mapping[str, Callable[[StoredEvent, Language], _Said]] = {
    "log_recorded": _logged,
    "command_applied": _applied,
    "command_refused": _refused,
    "subscriber_failed": _failed_subscriber,
    "plugin_rejected": _rejected,
    "run_started": _simple("The run started"),
    "run_paused": _simple("The run was paused"),
    "run_resumed": _simple("The run went on"),
    "run_reset": _simple("All was set back to the beginning"),
    "run_failed": _failed,
    "run_interrupted": _interrupted,
    "run_ended": _ended,
    "checkpoint_saved": _simple("A checkpoint was saved: {path}", "path"),
    "checkpoint_failed": _unsaved,
    "checkpoint_restored": _simple("The run went on from the checkpoint {path}", "path"),
    "step_compiled": _compiled,
    "budget_exceeded": _exceeded,
}
