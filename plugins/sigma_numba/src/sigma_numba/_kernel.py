"""The Python source of a cluster's kernel: loops over rows and columns of raw memory, in plain NumPy semantics."""

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import define, field, frozen

from sigma_core.extend import Arrangement, Kind, Storage, Value
from sigma_numba._clusters import Cluster, Role, access
from sigma_numba._expressions import accumulated, expression, start

SHARED = 50_000
"""Elements times nodes from which on threads share a kernel: some microseconds, where handing it over costs one."""
PARTS = 32
"""Most parts that are accumulated apart, whoever does them: so results do not depend on the number of threads."""
ROWS_OF_A_PART, COLUMNS_OF_A_PART = 32, 4096
"""Fewest rows of a part, or columns where there is one row only: below, adding up the parts would be felt."""
LINE = 16
"""Numbers from one part's total to the next one's, which no two threads may have in one line of the cache."""


@frozen(eq=False)
class Argument:
    """Memory that a kernel touches."""

    name: str
    dtype: np.dtype
    value: Value | None = None
    """What lies there; None for scratch memory."""
    length: int = 0
    """Of scratch memory, in numbers."""


@define(eq=False)
class KernelSource:
    """Writes the kernel of one cluster; its arguments are the memory that it touches."""

    arrangement: Arrangement
    cluster: Cluster
    outside: set[int]
    """Roots that others read, which therefore need memory."""
    memory: Callable[[Value], Any]
    """A key of a value's memory: equal for equal memory, which must be one argument."""
    arguments: dict[Any, Argument] = field(factory=dict)
    """By key, in order."""
    names: dict[int, str] = field(factory=dict)
    """What a root is called in the kernel, once it is computed or read."""
    parts: int = field(init=False)
    """Into how many parts rows, or columns of one row, are cut whose sums are accumulated apart; 0 for none."""
    shared: int = field(init=False)
    """How many rows, columns of one row, or parts threads share; 0 for a kernel that one does alone."""
    head: list[str] = field(factory=list)
    loops: list[str] = field(factory=list)
    tail: list[str] = field(factory=list)
    reads: int = 0

    @parts.default
    def _parts(self) -> int:
        rows, columns = self.cluster.shape
        roles = {place.role for place in self.cluster.places.values()}
        if not roles & {Role.COLUMN, Role.TOTAL} or (rows == 1 and roles & {Role.COLUMN, Role.ROW}):
            return 0
        if self.cluster.size * len(self.cluster.nodes) < SHARED:
            return 0
        parts = min(PARTS, rows // ROWS_OF_A_PART if rows > 1 else columns // COLUMNS_OF_A_PART)
        return parts if parts > 1 else 0

    @shared.default
    def _shared(self) -> int:
        rows, columns = self.cluster.shape
        roles = {place.role for place in self.cluster.places.values()}
        alone = {Role.COLUMN, Role.TOTAL, Role.LATE, *([Role.ROW] if rows == 1 else [])}
        if self.parts:
            return self.parts
        if roles & alone or self.cluster.size * len(self.cluster.nodes) < SHARED:
            return 0
        return rows if rows > 1 else columns

    def write(self) -> list[str]:
        """Functions `kernel` of the arguments, to be called one after the other.

        A long one takes `begin` and `end` too, rows, columns of one row, or parts: so several threads may share it.
        """
        nodes = self.cluster.ordered()
        places = self.cluster.places
        rows, columns = self.cluster.shape
        for node in nodes:
            self.names[node.index] = f"v{len(self.names)}"
        self._read_numbers(nodes)
        for node in nodes:
            if places[node.index].role is Role.NUMBER:
                self._line(self.head, node, 0)
        inner = [node for node in nodes if places[node.index].role not in (Role.NUMBER, Role.LATE)]
        if inner:
            self._loops(inner, rows, columns)
        for node in nodes:
            if places[node.index].role is Role.LATE:
                self._line(self.tail, node, 0)
        for node in nodes:
            if places[node.index].role in (Role.NUMBER, Role.LATE, Role.TOTAL) and node.index in self.outside:
                self.tail.append(f"{self._argument(node)}[0] = {self.names[node.index]}")
        if not self.shared:
            return [self._function([*self.head, *self.loops, *self.tail])]
        # Every part reads the numbers, so none is written before all parts are done.
        numbers = [self._function([*self.head, *self.tail])] if self.tail else []
        return [self._function([*self.head, *self.loops], "begin, end, "), *numbers]

    def _function(self, lines: list[str], bounds: str = "") -> str:
        arguments = ", ".join(each.name for each in self.arguments.values())
        return "\n".join([f"def kernel({bounds}{arguments}):", *(f"    {line}" for line in lines), ""])

    # Memory and numbers

    def _argument(self, value: Value) -> str:
        key = self.memory(value)
        if key not in self.arguments:
            self.arguments[key] = Argument(f"m{len(self.arguments)}", value.dtype, value)
        return self.arguments[key].name

    def _root(self, value: Value) -> Value:
        return self.arrangement.root[value.index]

    def _is_inside(self, value: Value) -> bool:
        return self._root(value).index in self.cluster.places

    def _literal(self, value: Value) -> str | None:
        """A single number of the program as text, other constants are memory."""
        root = self._root(value)
        if self.arrangement.storage[root.index] is not Storage.CONSTANT or value.size != 1 or root.size != 1:
            return None
        number = root.attributes["literal"].array.item()
        return str(number) if value.dtype.kind == "b" else f"{value.dtype.name}({number!r})"

    def _read_numbers(self, nodes: tuple[Value, ...]) -> None:
        """Single numbers are read once, in front of everything."""
        for node in nodes:
            for value in node.inputs:
                if value.size == 1 and not self._is_inside(value) and value.index not in self.names:
                    if self.cluster.places[node.index].role not in (Role.NUMBER, Role.LATE) and self.cluster.size == 1:
                        continue
                    literal = self._literal(value)
                    if literal is None:
                        self.names[value.index] = f"n{len(self.names)}"
                        self.head.append(f"{self.names[value.index]} = {self._argument(value)}[0]")
                    else:
                        self.names[value.index] = literal

    def _line(self, lines: list[str], node: Value, depth: int) -> None:
        """A node that is made of numbers."""
        operands = [self._number(value) for value in node.inputs]
        lines.append("    " * depth + f"{self.names[node.index]} = {expression(node, operands)}")

    def _number(self, value: Value) -> str:
        return self.names[self._root(value).index] if self._is_inside(value) else self.names[value.index]

    # Loops

    def _loops(self, nodes: list[Value], rows: int, columns: int) -> None:
        places = self.cluster.places
        indent = "    " if rows > 1 else ""
        accumulating = [node for node in nodes if places[node.index].role in (Role.TOTAL, Role.COLUMN)]
        if self.parts:
            self._loops_of_parts(nodes, accumulating, rows, columns)
            return
        for node in accumulating:
            self.head += self._started(node, columns)
        body: list[str] = []
        for stage in range(max(places[node.index].stage for node in nodes) + 1):
            body += self._stage(stage, [node for node in nodes if places[node.index].stage == stage], columns)
        if rows > 1:
            # There is scratch memory for one row only.
            if any(each.value is None for each in self.arguments.values()):
                self.shared = 0
            self.loops.append(f"for r in range({'begin, end' if self.shared else rows}):")
        self.loops += [indent + line for line in body]

    def _started(self, node: Value, columns: int) -> list[str]:
        """The lines in front of what is accumulated."""
        if self.cluster.places[node.index].role is Role.TOTAL:
            return [f"{self.names[node.index]} = {start(node)}"]
        return [f"for c in range({columns}):", f"    {self._sums(node)} = {start(node)}"]

    def _sums(self, node: Value) -> str:
        """Where the total of a column is accumulated."""
        if not self.parts:
            return f"{self._argument(node)}[c]"
        stride = -(-self.cluster.shape[1] // LINE) * LINE
        return f"{self._apart(node, stride)}[p * {stride} + c]"

    def _apart(self, node: Value, stride: int) -> str:
        """Memory for what the parts accumulate."""
        return self._scratch(("parts", node.index), node, self.parts * stride)

    def _loops_of_parts(self, nodes: list[Value], accumulating: list[Value], rows: int, columns: int) -> None:
        """Each part accumulates for itself; the parts are added up behind all of them."""
        inner = [line for node in accumulating for line in self._started(node, columns)]
        count = rows if rows > 1 else columns
        size = -(-count // self.parts)
        bounds = f"p * {size}, select(p * {size} + {size} < {count}, p * {size} + {size}, {count})"
        places = self.cluster.places
        body: list[str] = []
        for stage in range(max(places[node.index].stage for node in nodes) + 1):
            ready = [node for node in nodes if places[node.index].stage == stage]
            body += self._stage(stage, ready, columns, bounds if rows == 1 else "")
        inner += [f"for r in range({bounds}):", *(f"    {line}" for line in body)] if rows > 1 else body
        for node in accumulating:
            name = self.names[node.index]
            if places[node.index].role is Role.TOTAL:
                part = f"{self._apart(node, LINE)}[p * {LINE}]"
                inner.append(f"{part} = {name}")
                self.tail += [f"{name} = {start(node)}", f"for p in range({self.parts}):"]
                self.tail.append(f"    {name} = {expression(node, [name, part])}")
            else:
                self.tail += [f"for c in range({columns}):", f"    {name} = {start(node)}"]
                self.tail.append(f"    for p in range({self.parts}):")
                self.tail.append(f"        {name} = {expression(node, [name, self._sums(node)])}")
                self.tail.append(f"    {self._argument(node)}[c] = {name}")
        self.loops += ["for p in range(begin, end):", *(f"    {line}" for line in inner)]

    def _stage(self, number: int, nodes: list[Value], columns: int, bounds: str = "") -> list[str]:
        """The lines of one row: one loop, over all columns or within bounds, then what there is once per row."""
        stage = _Stage(number)
        row = "r" if self.cluster.shape[0] > 1 else "0"
        for node in nodes:
            role, name = self.cluster.places[node.index].role, self.names[node.index]
            over_elements = self.cluster.is_over_elements(node)
            shape = node.inputs[0].shape if node.operation.kind is Kind.REDUCTION else node.shape
            lines = stage.inner if over_elements else stage.behind
            operands = [self._operand(value, shape, stage, over_elements=over_elements) for value in node.inputs]
            if role is Role.ELEMENT:
                lines.append(f"{name} = {expression(node, operands)}")
                self._keep(node, name, number, lines, columns)
            elif role is Role.COLUMN:
                total = self._sums(node)
                lines.append(f"{total} = {accumulated(node, total, operands[0])}")
            elif node.operation.kind is Kind.REDUCTION:
                if role is Role.ROW:
                    stage.before.append(f"{name} = {start(node)}")
                lines.append(f"{name} = {accumulated(node, name, operands[0])}")
            else:
                lines.append(f"{name} = {expression(node, operands)}")
            if role is Role.ROW and node.index in self.outside:
                stage.behind.append(f"{self._argument(node)}[{row}] = {name}")
        is_cut = self.shared and self.cluster.shape[0] == 1
        bounds = bounds or ("begin, end" if is_cut else str(columns))
        loop = [f"for c in range({bounds}):", *(f"    {line}" for line in stage.inner)] if stage.inner else []
        return [*stage.before, *loop, *stage.behind]

    def _keep(self, node: Value, name: str, stage: int, inner: list[str], columns: int) -> None:
        """Write an element to memory that is read outside, or to a row of scratch memory for later stages."""
        if node.index in self.outside:
            inner.append(f"{self._argument(node)}[{self._index(1, columns)}] = {name}")
        elif self._is_read_later(node, stage):
            inner.append(f"{self._row(node)} = {name}")

    def _row(self, node: Value) -> str:
        """An element of a row of scratch memory, of which each part has one."""
        columns = self.cluster.shape[1]
        name = self._scratch(("scratch", node.index), node, columns * max(self.parts, 1))
        return f"{name}[p * {columns} + c]" if self.parts else f"{name}[c]"

    def _scratch(self, key: tuple[str, int], node: Value, length: int) -> str:
        if key not in self.arguments:
            self.arguments[key] = Argument(f"m{len(self.arguments)}", node.dtype, length=length)
        return self.arguments[key].name

    def _is_read_later(self, node: Value, stage: int) -> bool:
        return any(
            self.cluster.places[other.index].stage > stage and any(self._root(value) is node for value in other.inputs)
            for other in self.cluster.nodes.values()
        )

    def _index(self, along_columns: int, columns: int, along_rows: int | None = None) -> str:
        """Source of an index from strides in elements."""
        along_rows = columns if along_rows is None else along_rows
        terms = [
            name if step == 1 else f"{name} * {step}"
            for name, step in (("r", along_rows), ("c", along_columns))
            if step and (name == "c" or self.cluster.shape[0] > 1)
        ]
        return " + ".join(terms) or "0"

    def _operand(self, value: Value, shape: tuple[int, ...], stage: "_Stage", *, over_elements: bool) -> str:
        """The name of an operand's element, which is read where it is first needed."""
        root = self._root(value)
        rows, columns = self.cluster.shape
        along_columns = 1
        if root.index in self.cluster.places:
            place = self.cluster.places[root.index]
            if place.role is not Role.ELEMENT or place.stage == stage.number:
                return self.names[root.index]
            is_scratch = ("scratch", root.index) in self.arguments
            memory = self._row(root) if is_scratch else f"{self._argument(root)}[{self._index(1, columns)}]"
        elif value.index in self.names:
            return self.names[value.index]
        else:
            steps = access(self.arrangement, value, shape, rows)
            assert steps is not None  # noqa: S101  # the scheduler cut the space so
            along_rows, along_columns = (step // value.dtype.itemsize for step in steps)
            memory = f"{self._argument(value)}[{self._index(along_columns, columns, along_rows)}]"
        loaded = stage.loaded[over_elements]
        if memory not in loaded:
            self.reads += 1
            loaded[memory] = f"x{self.reads}"
            # What does not change along a row is read in front of its loop.
            along = stage.inner if along_columns else stage.before
            (along if over_elements else stage.behind).append(f"{loaded[memory]} = {memory}")
        return loaded[memory]


@frozen(eq=False)
class _Stage:
    """The lines of one loop over a row's elements, and of what stands around it."""

    number: int
    before: list[str] = field(factory=list)
    inner: list[str] = field(factory=list)
    behind: list[str] = field(factory=list)
    loaded: dict[bool, dict[str, str]] = field(factory=lambda: {True: {}, False: {}})
    """What is read in the loop, and behind it, by the source of the place."""
