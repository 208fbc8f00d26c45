"""What is computed together: clusters of nodes that go over one iteration space, rows by columns.

Within a row, element-wise nodes run in stages: what reads a reduction along the row runs in a loop behind it.
Reductions along columns and over everything are accumulated, and read by later instructions; arithmetic of single
numbers stands in front of the loops where they read it, behind them otherwise.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from math import prod

import numpy as np
from attrs import define, field, frozen

from sigma_core.extend import Arrangement, Instruction, Kind, Read, Storage, Value
from sigma_numba._expressions import is_written, is_written_for_numbers

REDUCTIONS = frozenset({"sum", "prod", "max", "min", "all", "any"})


class Role(IntEnum):
    """Where a node of a cluster is computed, in the order in which they run."""

    NUMBER = 0
    """Once, in front of the loops."""
    ROW = 1
    """Once per row."""
    ELEMENT = 2
    COLUMN = 3
    """Accumulated over all rows."""
    TOTAL = 4
    """Accumulated over everything."""
    LATE = 5
    """A number, behind the loops."""


SINGLE = (Role.NUMBER, Role.TOTAL, Role.LATE)
"""Roles of numbers that are known in front of the loops or behind them."""


@frozen
class Place:
    """Role of a node, and the stage of the row in which it is computed; a row's number is ready behind that stage."""

    role: Role
    stage: int = 0


@define(eq=False)
class Cluster:
    """A cluster, as it grows and as it is written."""

    size: int
    """Elements of the iteration space."""
    rows: frozenset[int]
    """Numbers of rows into which the space may be cut."""
    position: int
    """Its place among the instructions."""
    places: dict[int, Place] = field(factory=dict)
    nodes: dict[int, Value] = field(factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns; as few rows as may be."""
        rows = min(self.rows)
        return rows, self.size // rows

    def ordered(self) -> tuple[Value, ...]:
        """The nodes in the order in which an element passes through them."""
        return tuple(sorted(self.nodes.values(), key=self._order))

    def _order(self, node: Value) -> tuple[int, int, int, int]:
        place = self.places[node.index]
        phase = {Role.NUMBER: 0, Role.LATE: 2}.get(place.role, 1)
        return phase, place.stage, int(not self.is_over_elements(node)), node.index

    def is_over_elements(self, node: Value) -> bool:
        """Whether a node is computed, or accumulated, in the loop over a row's elements."""
        if node.operation.kind is Kind.REDUCTION:
            return node.inputs[0].size == self.size
        return self.places[node.index].role is Role.ELEMENT


def strides_over(arrangement: Arrangement, value: Value, shape: Sequence[int]) -> tuple[int, ...]:
    """Bytes from one element to the next along each axis of a shape that the value is broadcast to."""
    return np.broadcast_to(arrangement.layout[value.index], shape).strides


def collapsed(shape: Sequence[int], strides: Sequence[int]) -> int | None:
    """The one stride of axes seen as one; None where there is none."""
    stride = None
    expected = 0
    for size, step in zip(reversed(shape), reversed(strides), strict=True):
        if size == 1:
            continue
        if stride is None:
            stride, expected = step, step * size
        elif step != expected:
            return None
        else:
            expected = step * size
    return stride or 0


def access(arrangement: Arrangement, value: Value, shape: Sequence[int], rows: int) -> tuple[int, int] | None:
    """Strides in bytes along rows and columns of a shape that is cut into so many rows; None if there are none."""
    strides = strides_over(arrangement, value, shape)
    for cut in range(len(shape) + 1):
        if prod(shape[:cut]) == rows:
            along_rows, along_columns = collapsed(shape[:cut], strides[:cut]), collapsed(shape[cut:], strides[cut:])
            if along_rows is not None and along_columns is not None:
                return along_rows, along_columns
    return None


def prefixes(shape: Sequence[int]) -> frozenset[int]:
    """Products of the first sizes of a shape."""
    return frozenset(prod(shape[:cut]) for cut in range(len(shape) + 1))


@define(eq=False)
class Scheduler:
    """Goes through a graph and puts each node into a cluster, or makes it an instruction of its own."""

    arrangement: Arrangement
    instructions: list[Cluster | Value] = field(factory=list)
    position: dict[int, int] = field(factory=dict)
    """The instruction of each root; roots that are given have none."""
    pending: dict[int, Value] = field(factory=dict)
    """Arithmetic of single numbers that nobody needed yet."""
    lazy: dict[int, Value] = field(factory=dict)
    """Nodes made of what is given alone that nobody needed yet: where they are needed they are read from registers."""

    def run(self) -> tuple[Instruction, ...]:
        """All instructions."""
        for node in self.arrangement.graph.nodes:
            if self.arrangement.storage[node.index] is not Storage.COMPUTED:
                continue
            if self._is_number(node):
                self._wake(node)
                self._number(node)
            elif self._is_clusterable(node):
                if node.operation.is_elementwise and self._behind(node) < 0:
                    self.lazy[node.index] = node
                else:
                    self._wake(node)
                    self._cluster(node)
            else:
                self._wake(node)
                self._needed(node)
                self.position[node.index] = len(self.instructions)
                self.instructions.append(node)
        for node in list(self.lazy.values()):
            if self.lazy.pop(node.index, None) is not None:
                self._wake(node)
                self._cluster(node)
        self._place_pending(list(self.pending.values()))
        return tuple(
            Instruction(each.ordered(), is_cluster=True, plan=each)
            if isinstance(each, Cluster)
            else Instruction((each,), is_cluster=False)
            for each in self.instructions
        )

    def _wake(self, node: Value) -> None:
        """Compute what a node reads and nobody has needed before."""
        for root in self._roots(node):
            if self.lazy.pop(root.index, None) is not None:
                self._wake(root)
                self._cluster(root)

    # Which nodes

    def _roots(self, node: Value) -> list[Value]:
        return [self.arrangement.root[value.index] for value in node.inputs]

    def _is_number(self, node: Value) -> bool:
        return is_written_for_numbers(node) and all(value.size == 1 for value in (*node.inputs, node))

    def _is_clusterable(self, node: Value) -> bool:
        if node.operation.kind is Kind.REDUCTION:
            (value,) = node.inputs
            return node.operation.name in REDUCTIONS and is_written(node) and bool(self._rows_of_reduction(node, value))
        return is_written(node) and node.size > 0 and bool(self._rows_of_elements(node, prefixes(node.shape)))

    def _rows_of_elements(self, node: Value, rows: frozenset[int]) -> frozenset[int]:
        """How a node's shape may be cut, so that all its operands have strides."""
        return frozenset(
            each
            for each in rows
            if all(access(self.arrangement, value, node.shape, each) is not None for value in node.inputs)
        )

    def _rows_of_reduction(self, node: Value, value: Value) -> frozenset[int]:
        axes, ndim, shape = node.attributes["axes"], value.ndim, value.shape
        if not value.size:
            return frozenset()
        if len(axes) == ndim:
            rows = prefixes(shape)
        elif axes == tuple(range(ndim - len(axes), ndim)) or axes == tuple(range(len(axes))):
            rows = frozenset({prod(shape[: ndim - len(axes)] if axes[-1] == ndim - 1 else shape[: len(axes)])})
        else:
            return frozenset()
        return frozenset(each for each in rows if access(self.arrangement, value, shape, each) is not None)

    # Numbers

    def _number(self, node: Value) -> None:
        """Behind the loops whose totals it is made of; or wherever it will be needed."""
        behind = self._behind(node)
        cluster = self.instructions[behind] if behind >= 0 else None
        if isinstance(cluster, Cluster) and self._fits(node, cluster):
            self._pull(node, cluster)
        else:
            self.pending[node.index] = node

    def _pull(self, number: Value, cluster: Cluster) -> None:
        """Compute a number in a cluster, with the pending ones that it is made of."""
        roots = self._roots(number)
        for root in roots:
            if root.index in self.pending:
                self._pull(self.pending.pop(root.index), cluster)
        inside = [cluster.places[root.index].role for root in roots if root.index in cluster.places]
        early = all(role is Role.NUMBER for role in inside)
        self._add(cluster, number, Place(Role.NUMBER if early else Role.LATE))

    def _needed(self, node: Value) -> None:
        """Compute the numbers that a node reads before it."""
        self._place_pending([root for root in self._roots(node) if root.index in self.pending])

    def _place_pending(self, numbers: Sequence[Value]) -> None:
        for number in numbers:
            if number.index not in self.pending:
                continue
            fitting = [each for each in self.instructions if isinstance(each, Cluster) and self._fits(number, each)]
            if not fitting:
                fitting = [Cluster(1, frozenset({1}), len(self.instructions))]
                self.instructions += fitting
            self._pull(self.pending.pop(number.index), fitting[-1])

    def _fits(self, number: Value, cluster: Cluster) -> bool:
        """Whether all that a number is made of is known in a cluster, in front of its loops or behind them."""
        return all(
            self.position.get(root.index, -1) < cluster.position
            or (root.index in cluster.places and cluster.places[root.index].role in SINGLE)
            for root in self._ancestors(number)
        )

    def _ancestors(self, number: Value) -> Iterator[Value]:
        """What a number and the pending numbers that it is made of read, pending ones left out."""
        for root in self._roots(number):
            if root.index in self.pending:
                yield from self._ancestors(root)
            else:
                yield root

    def _behind(self, node: Value) -> int:
        """The last instruction that a node depends on, through pending numbers too; -1 without any."""
        return max((self.position.get(root.index, -1) for root in self._ancestors(node)), default=-1)

    # Elements and reductions

    def _cluster(self, node: Value) -> None:
        first = self._behind(node)
        candidates = [each for each in self.instructions[max(first, 0) :] if isinstance(each, Cluster)]
        shared = {root.index for root in self._roots(node)}
        # The cluster of the last producer first; then those that read the same; the latest first.
        candidates.sort(key=lambda each: (each.position != first, not shared & self._touched(each), -each.position))
        if any(self._join(cluster, node) for cluster in candidates):
            return
        cluster = self._opened(node)
        self.instructions.append(cluster)
        joined = self._join(cluster, node)
        assert joined, node  # noqa: S101  # all that it reads stands before a new cluster

    def _touched(self, cluster: Cluster) -> set[int]:
        return {root.index for node in cluster.nodes.values() for root in (node, *self._roots(node))}

    def _opened(self, node: Value) -> Cluster:
        if node.operation.kind is Kind.REDUCTION:
            (value,) = node.inputs
            return Cluster(value.size, self._rows_of_reduction(node, value), len(self.instructions))
        return Cluster(node.size, self._rows_of_elements(node, prefixes(node.shape)), len(self.instructions))

    def _join(self, cluster: Cluster, node: Value) -> bool:
        found = self._place(cluster, node)
        if found is None:
            return False
        place, rows = found
        waiting = [root for root in self._roots(node) if root.index in self.pending]
        if not all(self._is_early(root, cluster) for root in waiting):
            return False
        for root in waiting:
            if root.index in self.pending:
                self._pull(self.pending.pop(root.index), cluster)
        cluster.rows = rows
        self._add(cluster, node, place)
        return True

    def _is_early(self, number: Value, cluster: Cluster) -> bool:
        """Whether a pending number can be computed in front of a cluster's loops."""
        return all(
            self.position.get(root.index, -1) < cluster.position
            or (root.index in cluster.places and cluster.places[root.index].role is Role.NUMBER)
            for root in self._ancestors(number)
        )

    def _add(self, cluster: Cluster, node: Value, place: Place) -> None:
        cluster.nodes[node.index] = node
        cluster.places[node.index] = place
        self.position[node.index] = cluster.position

    def _place(self, cluster: Cluster, node: Value) -> tuple[Place, frozenset[int]] | None:
        """Role and stage that a node would have in a cluster, and how that could be cut then."""
        if node.operation.kind is Kind.REDUCTION:
            return self._place_of_reduction(cluster, node)
        return self._place_of_elements(cluster, node)

    def _place_of_elements(self, cluster: Cluster, node: Value) -> tuple[Place, frozenset[int]] | None:
        if node.size == cluster.size:
            rows = self._rows_of_elements(node, cluster.rows & prefixes(node.shape))
            return self._fitting(cluster, node, node.shape, rows, Role.ELEMENT)
        # One number per row: an operand in the cluster says so, or the shape of the rows.
        rows = cluster.rows & {node.size}
        if not rows or not any(self._is_row(cluster, root) for root in self._roots(node)):
            return None
        rows = rows if self._rows_of_elements(node, frozenset({node.size})) else frozenset()
        return self._fitting(cluster, node, node.shape, rows, Role.ROW)

    def _is_row(self, cluster: Cluster, root: Value) -> bool:
        place = cluster.places.get(root.index)
        return place is not None and place.role is Role.ROW

    def _place_of_reduction(self, cluster: Cluster, node: Value) -> tuple[Place, frozenset[int]] | None:
        (value,) = node.inputs
        if value.size == cluster.size:
            rows = self._rows_of_reduction(node, value) & cluster.rows
            axes, ndim = node.attributes["axes"], value.ndim
            role = Role.TOTAL if len(axes) == ndim else Role.ROW if axes[-1] == ndim - 1 else Role.COLUMN
            return self._fitting(cluster, node, value.shape, rows, role)
        # A total of what there is one of per row.
        rows = cluster.rows & {value.size}
        if rows and node.size == 1 and self._is_row(cluster, self.arrangement.root[value.index]):
            return self._fitting(cluster, node, value.shape, rows, Role.TOTAL)
        return None

    def _fitting(
        self, cluster: Cluster, node: Value, shape: tuple[int, ...], rows: frozenset[int], role: Role
    ) -> tuple[Place, frozenset[int]] | None:
        """The place in a cluster, if all operands can be read there."""
        stage = 0
        for value, root in zip(node.inputs, self._roots(node), strict=True):
            place = cluster.places.get(root.index)
            if place is None or place.role is Role.NUMBER:
                continue
            if place.role is Role.ELEMENT:
                if value.size != cluster.size or not self.arrangement.covers(value):
                    return None
                stage = max(stage, place.stage)
            elif place.role is Role.ROW and self._starts(value, root):
                wanted = (root.dtype.itemsize if root.size > 1 else 0, 0)
                rows = frozenset(each for each in rows if access(self.arrangement, value, shape, each) == wanted)
                # Elements read it in the loop behind; other numbers of the row, and totals of them, behind the same.
                stage = max(stage, place.stage + (1 if prod(shape) == cluster.size else 0))
            else:
                return None
        return (Place(role, stage), rows) if rows else None

    def _starts(self, value: Value, root: Value) -> bool:
        """Whether a view begins where its root does."""
        layout = self.arrangement.layout
        return bool(layout[value.index].ctypes.data == layout[root.index].ctypes.data)


def schedule(arrangement: Arrangement) -> tuple[Instruction, ...]:
    """The instructions of a program."""
    return Scheduler(arrangement).run()


def overwrites(arrangement: Arrangement, instruction: Instruction, read: Read, writer: Value) -> bool:
    """Whether a node of a cluster may be written where another of the cluster reads.

    Each element is read right before it is written, if it is read in the same stage or before.
    """
    cluster = instruction.plan
    if not isinstance(cluster, Cluster):
        return False
    place = cluster.places[writer.index]
    reader = cluster.places[read.node.index]
    if place.role in (Role.NUMBER, Role.LATE):
        # Single numbers are read in front of the loops, and written behind them.
        return (
            read.value.size == 1
            and read.value.dtype == writer.dtype
            and (cluster.size > 1 or reader.role in (Role.NUMBER, Role.LATE))
        )
    if place.role is not Role.ELEMENT or read.value.dtype != writer.dtype:
        return False
    before = (reader.stage, read.node.index) <= (place.stage, writer.index)
    return before and read.value.size == cluster.size and arrangement.covers(read.value)
