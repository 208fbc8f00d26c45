"""`sigma plugins`: the distributions that offer something, and how they fare."""

import json
from collections import Counter
from typing import Any

import click

from sigma_core.cli._components import fault
from sigma_core.cli._table import table
from sigma_core.environment import Environment
from sigma_core.registry import KINDS, Component, Distribution, Status


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
@click.pass_context
def plugins(context: click.Context, *, as_json: bool) -> None:
    """List the distributions that offer components or hooks.

    Plugins with hooks are imported and registered, as every run does, so that their status is the true one; components
    are not imported.
    """
    # Never strict: a list is to tell of every failure, not to end with the first.
    with context.obj if isinstance(context.obj, Environment) else Environment(strict=False) as environment:
        found = environment.components.distributions()
    if as_json:
        click.echo(json.dumps([_as_json(distribution) for distribution in found], indent=2))
        return
    rows = [(each.name, each.version, each.status.value, _offers(each)) for each in found]
    click.echo(table(("name", "version", "status", "offers"), rows))
    for distribution in found:
        for line in _faults(distribution):
            click.echo(f"\n{line}")


def _offers(distribution: Distribution) -> str:
    """What it brings, counted: `3 layers, 1 optimiser, hooks`."""
    counts = Counter(component.kind for component in distribution.components)
    words = [
        f"{counts[kind.name]} {kind.singular if counts[kind.name] == 1 else kind.name}"
        for kind in KINDS.values()
        if counts[kind.name]
    ]
    return ", ".join([*words, *(["plugin"] if distribution.plugin else [])])


def _faults(distribution: Distribution) -> list[str]:
    """Why it, or else some of its components, cannot be used."""
    if distribution.status is not Status.ACTIVE:
        return [f"{distribution.name} is {distribution.status.value}: {distribution.reason}"]
    return [fault(component) for component in distribution.components if component.reason]


def _as_json(distribution: Distribution) -> dict[str, Any]:
    return {
        "name": distribution.name,
        "version": distribution.version,
        "summary": distribution.summary,
        "status": distribution.status.value,
        "reason": distribution.reason,
        "plugin": distribution.plugin,
        "components": [_component(component) for component in distribution.components],
    }


def _component(component: Component) -> dict[str, str]:
    return {
        "kind": component.kind,
        "name": component.name,
        "value": component.value,
        "status": component.status.value,
        "reason": component.reason,
    }
