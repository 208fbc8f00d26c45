"""`sigma components`: what is installed, by kind and name."""

import json
from typing import Any

import click
from attrs import asdict

from sigma_core.cli._table import table
from sigma_core.errors import SigmaError
from sigma_core.registry import Component, ComponentRegistry, Composer, Description, Setting, kind_of, plain


def registry_of(context: click.Context) -> ComponentRegistry:
    """The components of the environment that the command runs in, or of a new registry if there is none."""
    registry = getattr(context.obj, "components", None)
    return registry if isinstance(registry, ComponentRegistry) else ComponentRegistry()


@click.command("components")
@click.argument("kind", required=False)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
@click.pass_context
def components(context: click.Context, kind: str | None, name: str | None, *, as_json: bool) -> None:
    """List the kinds of component, those of one KIND, or describe the one called NAME.

    Lists are read from the metadata of what is installed. A description imports the one component that it describes.
    """
    registry = registry_of(context)
    if kind is None:
        data, text = _kinds(registry)
    elif name is None:
        data, text = _of_kind(registry, kind)
    else:
        data, text = _described(Composer(registry).describe(kind, name))
    click.echo(json.dumps(data, indent=2) if as_json else text)


def _kinds(registry: ComponentRegistry) -> tuple[Any, str]:
    names = {kind: [component.name for component in registry.components(kind)] for kind in registry.kinds()}
    rows = [(kind, str(len(own)), ", ".join(own)) for kind, own in names.items()]
    return names, table(("kind", "count", "names"), rows)


def _of_kind(registry: ComponentRegistry, kind: str) -> tuple[Any, str]:
    found = registry.components(kind)
    data = [
        {
            "kind": component.kind,
            "name": component.name,
            "distribution": component.distribution,
            "version": component.version,
            "value": component.value,
            "status": component.status.value,
            "reason": component.reason,
        }
        for component in found
    ]
    if not found:
        return data, f"nothing that is installed offers {kind_of(kind).name}"
    rows = [(component.name, component.origin, component.status.value, component.value) for component in found]
    listing = table(("name", "distribution", "status", "value"), rows)
    return data, "\n\n".join([listing, *(fault(component) for component in found if component.reason)])


def fault(component: Component) -> str:
    """Why a component cannot be used."""
    return f"{component} is {component.status.value}: {component.reason}"


def _described(description: Description) -> tuple[Any, str]:
    settings = [
        {
            "name": setting.name,
            "type": setting.type,
            "default": _as_json(setting),
            "kind": setting.kind,
            "required": setting.required,
            **asdict(setting.limits),
        }
        for setting in description.settings
    ]
    data = asdict(description) | {"settings": settings}
    origin = f"{description.distribution} {description.version}" if description.distribution else "this process"
    parts = [f"{description.kind} {description.name} ({origin})", description.documentation]
    if description.settings:
        rows = [(setting.name, setting.type, _default(setting)) for setting in description.settings]
        parts.append(table(("setting", "type", "default"), rows))
    else:
        parts.append("It has no settings.")
    return data, "\n\n".join(part for part in parts if part)


def _as_json(setting: Setting) -> Any:
    """A default as JSON has it; what JSON cannot write, as text."""
    if setting.required or setting.default is None:
        return None
    try:
        value = plain(setting.default, setting.name)
        json.dumps(value, allow_nan=False)
    except (SigmaError, TypeError, ValueError):
        return str(setting.default)
    return value


def _default(setting: Setting) -> str:
    if setting.required:
        return "required"
    value = _as_json(setting)
    return "None" if value is None else json.dumps(value) if not isinstance(value, str) else value or '""'
