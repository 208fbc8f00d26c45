"""The `network` of a recipe: entries in a row or connected by name, from settings to an architecture and back."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, Protocol

from attrs import define, evolve, frozen

from sigma_core.errors import listed
from sigma_core.network import Architecture, Group, Layer, Link, Node, arity, in_a_row, named
from sigma_core.registry import Composer
from sigma_core.training.recipe._lines import Place

# What an entry may hold that is no layer itself.
_OF_GROUPS = ("inputs", "layers", "name", "repeat")
_OF_SHARED = ("inputs", "shares")


class Reads(Protocol):
    """What reads single values and keeps their faults."""

    def component(self, kind: str, value: Any, place: Place) -> Any:
        """A component, or None where there was a fault."""

    def refuse(self, place: Place, found: str, expected: str, remedy: str) -> None:
        """Keep a fault."""

    def count(self, value: Any, place: Place) -> int:
        """A whole number from 1, whatever is given."""


@frozen
class _Entry:
    """One line of a network: layers, what feeds those of them that nothing inside feeds, and where it stands."""

    part: Architecture
    place: Place
    inputs: tuple[str, ...] | None = None
    """Names of what feeds it; None for what stands before it."""
    shares: str | None = None
    """Name of the layer that stands here once more."""


def read_layers(reader: Reads, value: Any, place: Place) -> Architecture:
    """An architecture from whatever describes one; faults are kept by the reader.

    That is layers and architectures, links, or a list of these and of tables: `{ use = "dense", inputs = ["a"] }`,
    `{ repeat = 2, layers = [...] }`, `{ name = "encoder", layers = [...] }` and `{ shares = "dense_1" }`. Raises
    NetworkError for names that are given twice or cannot stand in an identifier.
    """
    if isinstance(value, Link) or (isinstance(value, list | tuple) and any(isinstance(each, Link) for each in value)):
        value = Architecture.of(value)
    if isinstance(value, Architecture):
        return _resolved(reader, value, place)
    if isinstance(value, str) or not isinstance(value, Sequence):
        value = [value]
    entries = [_entry(reader, entry, (*place, index)) for index, entry in enumerate(value)]
    if any(entry is None for entry in entries):
        # What is connected to a layer that is not understood cannot be judged.
        return Architecture()
    return _connected(reader, [entry for entry in entries if entry is not None], place)


def _resolved(reader: Reads, value: Architecture, place: Place) -> Architecture:
    layers = [reader.component("layers", node.layer, (*place, index)) for index, node in enumerate(value.nodes)]
    if any(layer is None for layer in layers):
        return value
    return Architecture(tuple(evolve(node, layer=layer) for node, layer in zip(value.nodes, layers, strict=True)))


def _entry(reader: Reads, value: Any, place: Place) -> _Entry | None:
    if isinstance(value, Architecture):
        return _Entry(_resolved(reader, value, place), place)
    if not isinstance(value, Mapping):
        layer = reader.component("layers", value, place)
        return None if layer is None else _Entry(Architecture.of(layer), place)
    settings = dict(value)
    inputs = _inputs(reader, settings.pop("inputs", None), (*place, "inputs"))
    if "shares" in settings and "use" not in settings:
        return _shared(reader, settings, inputs, place)
    repeat = reader.count(settings.pop("repeat", 1), (*place, "repeat"))
    if "layers" in settings and "use" not in settings:
        part = _group(reader, settings, place)
    else:
        part = _component(reader, settings, place)
    return None if part is None else _Entry(part * repeat, place, inputs)


def _component(reader: Reads, settings: dict[str, Any], place: Place) -> Architecture | None:
    """A layer by its settings; those of a block that are layers may be connected as a network's are."""
    inner = settings.get("layers")
    if isinstance(inner, list | tuple) and any(_is_connected(entry) for entry in inner):
        part = read_layers(reader, inner, (*place, "layers"))
        if not part.nodes:
            return None
        settings = {**settings, "layers": in_a_row(part)}
    layer = reader.component("layers", settings, place)
    return None if layer is None else Architecture.of(layer)


def _is_connected(entry: Any) -> bool:
    """Whether an entry says more than the settings of a layer."""
    return isinstance(entry, Mapping) and ("use" not in entry or not {"inputs", "repeat"}.isdisjoint(entry))


def _group(reader: Reads, settings: Mapping[str, Any], place: Place) -> Architecture | None:
    """Layers inside a line: as they are, or where they have a name as one layer."""
    _refuse_others(reader, settings, _OF_GROUPS, place)
    if settings["layers"] in ([], ()):
        reader.refuse((*place, "layers"), "it is empty", "at least one layer", "leave the group out")
        return None
    if "name" in settings and not isinstance(settings["name"], str):
        reader.refuse((*place, "name"), f"{settings['name']!r}", "a text", "write it in quotes")
        return None
    part = read_layers(reader, settings["layers"], (*place, "layers"))
    if not part.nodes:
        return None
    return Architecture.of(part.as_layer(settings["name"])) if "name" in settings else part


def _shared(reader: Reads, settings: Mapping[str, Any], inputs: tuple[str, ...] | None, place: Place) -> _Entry | None:
    """A layer that stands elsewhere, here once more with the same parameters."""
    _refuse_others(reader, settings, _OF_SHARED, place)
    if not isinstance(settings["shares"], str):
        found = f"{settings['shares']!r}"
        reader.refuse((*place, "shares"), found, "the name of a layer", 'write shares = "dense_1"')
        return None
    return _Entry(Architecture(), place, inputs, settings["shares"])


def _refuse_others(reader: Reads, settings: Mapping[str, Any], allowed: Sequence[str], place: Place) -> None:
    for key in settings:
        if key not in allowed:
            reader.refuse((*place, key), f"there is no key {key!r}", listed(allowed, key), "leave it out")


def _inputs(reader: Reads, value: Any, place: Place) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        reader.refuse(place, f"{value!r}", "a list of names of layers", 'write inputs = ["dense_1"]')
        return None
    return tuple(names)


@define
class _Standing:
    """A node on its way into an architecture."""

    layer: Layer | None
    """None where another one stands here once more, and it is not known yet which."""
    entry: _Entry
    inputs: tuple[int, ...] | None
    """Positions of what feeds it; None where the entry's inputs do."""
    before: tuple[int, ...]
    """Positions of the last layers of the entry before."""
    shares: int | None = None

    @property
    def node(self) -> Node:
        """As it stands; those that share have been found by now."""
        return Node(self.layer, self.inputs or (), self.shares)  # type: ignore[arg-type]


def _connected(reader: Reads, entries: Sequence[_Entry], place: Place) -> Architecture:
    """The nodes of all entries, connected and in an order in which each comes behind those that feed it."""
    standing = _in_a_row(entries)
    if not _share(reader, standing):
        return Architecture()
    names = named([each.node for each in standing])
    positions = {name: position for position, name in enumerate(names)}
    for each in standing:
        if each.inputs is None:
            each.inputs = _feeding(reader, each, positions)
    nodes = [each.node for each in standing]
    try:
        order = _order(nodes)
    except CycleError as error:
        _refuse_circle(reader, place, error.args[1], nodes, names)
        return Architecture()
    if order == list(range(len(nodes))):
        return Architecture(tuple(nodes))
    # Automatic names count along the row: what is moved keeps the name by which others know it.
    moved = {old: new for new, old in enumerate(order)}
    return Architecture(
        tuple(
            Node(
                evolve(nodes[old].layer, name=names[old]),
                tuple(moved[number] for number in nodes[old].inputs),
                _moved(nodes[old].shares, moved),
            )
            for old in order
        )
    )


def _refuse_circle(
    reader: Reads, place: Place, circle: Sequence[int], nodes: Sequence[Node], names: Sequence[str]
) -> None:
    """Tell of layers each of which needs the one before it, the last of them the first."""
    for before, after in pairwise(circle):
        if nodes[after].shares == before and before not in nodes[after].inputs:
            found = f"{names[after]} has the parameters of {names[before]}, which it feeds"
            reader.refuse(place, found, "the layer itself before its other places", "exchange the two entries")
            return
    found = f"its layers feed themselves: {' -> '.join(names[position] for position in circle)}"
    reader.refuse(place, found, "layers that feed later ones", "cut the circle")


def _moved(position: int | None, moved: Mapping[int, int]) -> int | None:
    return None if position is None else moved[position]


def _in_a_row(entries: Sequence[_Entry]) -> list[_Standing]:
    standing: list[_Standing] = []
    before: tuple[int, ...] = ()
    for entry in entries:
        offset = len(standing)
        for node in entry.part.nodes:
            inputs = tuple(number + offset for number in node.inputs) or None
            shares = _moved(node.shares, {number: number + offset for number in range(len(entry.part.nodes))})
            standing.append(_Standing(node.layer, entry, inputs, before, shares))
        if entry.shares is not None:
            standing.append(_Standing(None, entry, None, before))
        before = tuple(number + offset for number in entry.part.ends()) or (offset,)
    return standing


def _share(reader: Reads, standing: Sequence[_Standing]) -> bool:
    """Find the layers that stand here once more; whether all are there."""
    owners = [position for position, each in enumerate(standing) if each.layer is not None]
    names = dict(zip(named([standing[position].node for position in owners]), owners, strict=True)) if owners else {}
    is_whole = True
    for each in standing:
        wanted = each.entry.shares
        if each.layer is not None or wanted is None:
            continue
        if wanted not in names:
            place = (*each.entry.place, "shares")
            reader.refuse(place, f"there is no layer {wanted!r}", listed(names, wanted), "name one of these")
            is_whole = False
            continue
        each.shares = names[wanted]
        each.layer = standing[names[wanted]].layer
    return is_whole


def _feeding(reader: Reads, each: _Standing, positions: Mapping[str, int]) -> tuple[int, ...]:
    """The positions of what feeds a node from outside of its entry."""
    names = each.entry.inputs
    if names is None:
        # An input begins a row of its own.
        _, most = arity(each.node.layer)
        return () if most == 0 else each.before
    found = []
    for name in names:
        if name in positions:
            found.append(positions[name])
            continue
        place = (*each.entry.place, "inputs")
        reader.refuse(place, f"there is no layer {name!r}", listed(positions, name), "name one of these")
    return tuple(found)


def _order(nodes: Sequence[Node]) -> list[int]:
    """An order in which every node comes behind what it needs, as near to the given one as there is."""
    sorter = TopologicalSorter(
        {
            position: node.inputs if node.shares is None else (*node.inputs, node.shares)
            for position, node in enumerate(nodes)
        }
    )
    sorter.prepare()
    order: list[int] = []
    ready: list[int] = []
    while sorter.is_active():
        for position in sorter.get_ready():
            heappush(ready, position)
        order.append(heappop(ready))
        sorter.done(order[-1])
    return order


def written(network: Architecture, composer: Composer) -> list[dict[str, Any]]:
    """The entries from which the same architecture is read; equal ones in a row become one with `repeat`.

    Raises ComponentError for a layer that is not registered.
    """
    names = named(network.nodes)
    entries: list[dict[str, Any]] = []
    for position, node in enumerate(network.nodes):
        entry = _table(node, names, composer)
        _, most = arity(node.layer)
        usual = (position - 1,) if position and most != 0 else ()
        if node.inputs != usual:
            entry["inputs"] = [names[number] for number in node.inputs]
        previous = dict(entries[-1]) if entries else {}
        times = previous.pop("repeat", 1)
        if previous == entry and not {"name", "inputs", "shares"} & entry.keys():
            entries[-1]["repeat"] = times + 1
        else:
            entries.append(entry)
    return entries


def _table(node: Node, names: Sequence[str], composer: Composer) -> dict[str, Any]:
    if node.shares is not None:
        return {"shares": names[node.shares]}
    if isinstance(node.layer, Group) and node.layer.name is not None:
        return {"name": node.layer.name, "layers": written(node.layer.architecture, composer)}
    return composer.table(node.layer)
