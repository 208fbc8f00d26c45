"""Hooks of a run: which it has, which there are, and the settings that they take."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from sigma_core import Environment
from sigma_core.extend import SigmaError, StoredEvent, plain
from sigma_monitors.dashboard.panels._settings import Setting

FIRST = ("histograms", "pictures", "target_maximisation", "text_samples")
"""Those that show what is inside a network; they are offered before all others."""


@frozen
class Attached:
    """A hook of a run."""

    name: str
    when: str | None = ""
    """Its trigger; None where that is not known."""
    is_of_the_run: bool = False
    """Whether it is a part of the run itself, such as its regular checkpoints."""


def attached(described: Mapping[str, Any], log: Iterable[StoredEvent]) -> list[Attached]:
    """The hooks of a run by what it has told: those of its start, and what was attached and detached since."""
    first = {
        row["plugin"]: Attached(row["plugin"], str(row.get("when") or ""), not row.get("distribution"))
        for row in described.get("hooks", ())
    }
    found = dict(first)
    for event in log:
        if event.kind == "run_started":
            found = dict(first)
        elif event.kind == "command_applied":
            command = event.payload.get("command", {})
            if command.get("command") == "attach":
                name = str(event.payload.get("result") or command.get("name"))
                found[name] = Attached(name, (command.get("hook") or {}).get("when"))
            elif command.get("command") == "detach":
                found.pop(command.get("name"), None)
    return list(found.values())


def offered(environment: Environment) -> list[str]:
    """Names of the hooks that are installed, those that show something first."""
    names = [component.name for component in environment.components.components("hooks") if not component.reason]
    return sorted(names, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))


def settings_of(environment: Environment, name: str) -> tuple[str, list[Setting]]:
    """What a hook does, in a line, and its settings but for those that are components. Raises SigmaError."""
    described = environment.composer.describe("hooks", name)
    settings = [
        Setting(
            identifier=setting.name,
            type="choice" if setting.limits.choices else setting.type,
            value=None if setting.required else _written(setting.default),
            minimum=setting.limits.minimum,
            maximum=setting.limits.maximum,
            choices=setting.limits.choices or None,
            is_required=setting.required,
        )
        for setting in described.settings
        if setting.kind is None
    ]
    return described.summary, settings


def table(name: str, settings: Iterable[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a hook as a recipe has it: texts are read, and what is as it would be anyway is left out.

    Raises ValueError with the name of a setting that is none.
    """
    made: dict[str, Any] = {"use": name}
    for setting in settings:
        value = given.get(setting.identifier)
        if isinstance(value, str):
            if value.strip() == setting.text(setting.value) and not setting.is_required:
                continue
            try:
                value = setting.read(value)
            except (LookupError, ValueError) as error:
                raise ValueError(setting.identifier) from error
        if value != setting.value or setting.is_required:
            made[setting.identifier] = value
    return made


def _written(value: Any) -> Any:
    try:
        return plain(value)
    except (SigmaError, TypeError, ValueError):
        return str(value)
