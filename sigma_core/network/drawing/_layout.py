"""A layered layout, block within block.

Layers by longest path, order by barycentres, as in Sugiyama, Tagawa and Toda (1981); places along a layer by isotonic
regression: as near to the neighbours as the order and the gaps allow. A block is laid out for itself and then stands
as one box among others; what runs into it or out of it does so at points of its frame.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Union

from attrs import define, frozen

_GAP = 38.0
_BESIDE = 22.0
_MARGIN = 14.0
_APART = 18.0
_SWEEPS = 6
_PASSES = 24
# Long edges are pulled straight before short ones.
_STIFFNESS = 4.0

Point = tuple[float, float]
Tree = Mapping[str, Union[Point, "Tree"]]
"""Widths and heights of nodes by name, and trees of blocks by theirs."""
Edge = tuple[str, str]
Pair = tuple["Box", "Box", str]
"""Two boxes, the upper one first, with the name of the node of which something is handed on."""


@define(eq=False)
class Box:
    """A node, a block, or a point: where an edge crosses a layer or the frame of the block that is laid out."""

    name: str
    kind: str
    """`node`, `block`, `in`, `out` or `via`."""
    width: float = 0.0
    height: float = 0.0
    inside: "Plan | None" = None
    layer: int = 0
    x: float = 0.0
    """Of its middle, in the block that holds it."""
    y: float = 0.0
    """Of its upper border."""

    def door(self, side: str, source: str) -> float:
        """Where an edge that comes in, or goes out, meets its border."""
        return self.x + (self.inside.doors.get((side, source), 0.0) if self.inside else 0.0)


@frozen
class Plan:
    """Boxes at their places, and the parts of edges that run between layers."""

    boxes: tuple[Box, ...]
    runs: tuple[tuple[tuple[Point, ...], bool], ...]
    """Four points (down, across, down), and whether an edge ends there."""
    width: float
    height: float
    doors: Mapping[tuple[str, str], float]
    """How far from the middle of the frame what comes in and goes out crosses it."""


def arranged(tree: Tree, edges: Sequence[Edge], *, least: float = 0.0, head: float = 0.0) -> Plan:
    """A plan of nodes and blocks, which come in an order in which each follows what feeds it.

    `edges` are between nodes, here or elsewhere. The plan is `least` wide or wider; `head` is room above.
    """
    homes: dict[str, Box] = {}
    for name, part in tree.items():
        homes |= dict.fromkeys(_nodes(name, part), _box(name, part, edges))
    ports: dict[tuple[str, str], Box] = {}
    links: dict[Pair, None] = {}
    for source, target in edges:
        start, end = homes.get(source), homes.get(target)
        if start is not end:
            upper = start or ports.setdefault(("in", source), Box(source, "in"))
            lower = end or ports.setdefault(("out", source), Box(source, "out"))
            links[upper, lower, source] = None
    every = [*dict.fromkeys(homes.values()), *ports.values()]
    _rank(every, list(links))
    pairs = _neighbouring(list(links), every)
    rows: list[list[Box]] = [[] for _ in range(max(box.layer for box in every) + 1)]
    for box in every:
        rows[box.layer].append(box)
    rows = _ordered(rows, pairs)
    _place(rows, pairs)
    return _measured(rows, pairs, least, head)


def _nodes(name: str, part: "Point | Tree") -> list[str]:
    if isinstance(part, tuple):
        return [name]
    return [node for inner, each in part.items() for node in _nodes(inner, each)]


def _box(name: str, part: "Point | Tree", edges: Sequence[Edge]) -> Box:
    if isinstance(part, tuple):
        return Box(name, "node", *part)
    inside = arranged(part, edges, least=7.0 * len(name.rpartition(".")[2]) + 2 * _MARGIN, head=10.0)
    return Box(name, "block", inside.width, inside.height, inside)


def _rank(every: Sequence[Box], links: Sequence[Pair]) -> None:
    """Each box below all that feed it; what nothing feeds stands as low as it can."""
    feeding, fed = _around(links)
    first = int(any(box.kind == "in" for box in every))
    inner = [box for box in every if box.kind in {"node", "block"}]
    for box in inner:
        box.layer = max((upper.layer + 1 for upper, _ in feeding[box]), default=first)
    for box in reversed(inner):
        if not feeding[box]:
            box.layer = min((lower.layer - 1 for lower, _ in fed[box] if lower.kind != "out"), default=box.layer)
    lowest = max(box.layer for box in inner)
    for box in every:
        if box.kind == "out":
            box.layer = lowest + 1


def _around(pairs: Iterable[Pair]) -> tuple[Mapping[Box, list[tuple[Box, str]]], Mapping[Box, list[tuple[Box, str]]]]:
    """What each box is fed by, and what it feeds."""
    feeding: dict[Box, list[tuple[Box, str]]] = defaultdict(list)
    fed: dict[Box, list[tuple[Box, str]]] = defaultdict(list)
    for upper, lower, source in pairs:
        feeding[lower].append((upper, source))
        fed[upper].append((lower, source))
    return feeding, fed


def _neighbouring(links: Sequence[Pair], every: list[Box]) -> list[Pair]:
    """Links cut at the layers that they cross; those from one source go together as far as they can."""
    points: dict[tuple[Box, str, int], Box] = {}
    pairs: dict[Pair, None] = {}
    for start, end, source in links:
        upper = start
        for layer in range(start.layer + 1, end.layer):
            if (start, source, layer) not in points:
                points[start, source, layer] = Box(source, "via", layer=layer)
                every.append(points[start, source, layer])
            lower = points[start, source, layer]
            pairs[upper, lower, source] = None
            upper = lower
        pairs[upper, end, source] = None
    return list(pairs)


def _ordered(rows: list[list[Box]], pairs: Sequence[Pair]) -> list[list[Box]]:
    """The rows, each in an order with few crossings."""
    feeding, fed = _around(pairs)
    best, fewest = rows, _crossings(rows, fed)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        rows = [list(row) for row in rows]
        near = feeding if sweep % 2 == 0 else fed
        for before, row in pairwise(rows if sweep % 2 == 0 else rows[::-1]):
            at = {box: float(number) for number, box in enumerate(before)}
            own = {box: number * len(before) / len(row) for number, box in enumerate(row)}
            middles = {box: fmean([at[each] for each, _ in near[box]] or [own[box]]) for box in row}
            row.sort(key=middles.__getitem__)
        count = _crossings(rows, fed)
        if count < fewest:
            best, fewest = rows, count
    return best


def _crossings(rows: Sequence[Sequence[Box]], fed: Mapping[Box, Sequence[tuple[Box, str]]]) -> int:
    count = 0
    for row, below in pairwise(rows):
        at = {box: number for number, box in enumerate(below)}
        ends: list[int] = []
        for box in row:
            targets = sorted(at[lower] for lower, _ in fed[box])
            count += sum(len(ends) - bisect_right(ends, target) for target in targets)
            for target in targets:
                insort(ends, target)
    return count


def _place(rows: Sequence[Sequence[Box]], pairs: Sequence[Pair]) -> None:
    """Middles of all boxes: once from above, once from below, then between all neighbours."""
    feeding, fed = _around(pairs)
    for sweep in range(_PASSES):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted, weights = [], []
            for box in row:
                above = [
                    (upper.door("out", source) - box.door("in", source), _stiffness(upper, box))
                    for upper, source in feeding[box]
                ]
                below = [
                    (lower.door("in", source) - box.door("out", source), _stiffness(box, lower))
                    for lower, source in fed[box]
                ]
                pulls = [*(above if sweep != 1 else []), *(below if sweep != 0 else [])]
                weights.append(sum(strength for _, strength in pulls) or 0.01)
                wanted.append(box.x + sum(pull * strength for pull, strength in pulls) / weights[-1])
            _settle(row, wanted, weights)


def _stiffness(upper: Box, lower: Box) -> float:
    return _STIFFNESS if "via" in {upper.kind, lower.kind} else 1.0


def _settle(row: Sequence[Box], wanted: Sequence[float], weights: Sequence[float]) -> None:
    """Middles as near to the wanted ones, in the sense of least squares, as order and gaps allow."""
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + _BESIDE)
    pools: list[tuple[float, float, int]] = []
    for place, weight, offset in zip(wanted, weights, offsets, strict=True):
        mean, whole, count = place - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, heavy, many = pools.pop()
            mean = (mean * whole + other * heavy) / (whole + heavy)
            whole, count = whole + heavy, count + many
        pools.append((mean, whole, count))
    places = [mean for mean, _, count in pools for _ in range(count)]
    for box, place, offset in zip(row, places, offsets, strict=True):
        box.x = place + offset


def _measured(rows: Sequence[Sequence[Box]], pairs: Sequence[Pair], least: float, head: float) -> Plan:
    """The plan, from the upper left corner of its frame."""
    y = 0.0 if rows[0][0].kind == "in" else _MARGIN + head
    tops, floors = [], []
    for row in rows:
        tops.append(y)
        floors.append(y + max(box.height for box in row))
        for box in row:
            box.height = floors[-1] - y if box.kind == "via" else box.height
            box.y = (y + floors[-1] - box.height) / 2
        y = floors[-1] + _GAP
    every = [box for row in rows for box in row]
    left = min(box.x - box.width / 2 for box in every) - _MARGIN
    right = max(box.x + box.width / 2 for box in every) + _MARGIN
    width = max(right - left, least)
    for box in every:
        box.x += (width - right - left) / 2
    return Plan(
        tuple(box for box in every if box.kind in {"node", "block"}),
        tuple(_run(pair, tops, floors, shift) for pair, shift in _spread(pairs)),
        width,
        floors[-1] + (0.0 if rows[-1][0].kind == "out" else _MARGIN),
        {(box.kind, box.name): box.x - width / 2 for box in every if box.kind in {"in", "out"}},
    )


def _spread(pairs: Sequence[Pair]) -> list[tuple[Pair, float]]:
    """Pairs, with how far from the middle of a node each ends, where several do."""
    ending: dict[Box, list[Pair]] = defaultdict(list)
    for pair in pairs:
        ending[pair[1]].append(pair)
    spread = []
    for box, several in ending.items():
        several.sort(key=lambda pair: pair[0].door("out", pair[2]))
        step = min(_APART, box.width / (len(several) + 1)) if box.kind == "node" else 0.0
        spread += [(pair, step * (number - (len(several) - 1) / 2)) for number, pair in enumerate(several)]
    return spread


def _run(pair: Pair, tops: Sequence[float], floors: Sequence[float], shift: float) -> tuple[tuple[Point, ...], bool]:
    upper, lower, source = pair
    start, end = upper.door("out", source), lower.door("in", source) + shift
    points = (
        (start, upper.y if upper.kind == "via" else upper.y + upper.height),
        (start, floors[upper.layer]),
        (end, tops[lower.layer]),
        (end, lower.y),
    )
    return points, lower.kind == "node"
