"""From a plan to Python source: views and memory are made once, and a call is a straight line of NumPy calls."""

import re
from keyword import iskeyword
from typing import Any

from attrs import define, field

from sigma_core.backends.numpy._numbers import expression
from sigma_core.backends.numpy._runtime import namespace
from sigma_core.backends.numpy._statements import statement, view
from sigma_core.backends.planning import IN_PLACE_OPERANDS, Arrangement, Instruction, Placement, Storage
from sigma_core.graph import Value


@define(eq=False)
class Source:
    """The source of one program, written line by line."""

    arrangement: Arrangement
    placement: Placement
    length: int
    """Elements of a part of a cluster."""
    names: dict[str, Any] = field(factory=namespace)
    """What the source refers to."""
    setup: list[str] = field(factory=list)
    body: list[str] = field(factory=list)
    arrays: dict[int, str] = field(factory=dict)
    """The name of each value as an array, once there is one."""
    order: dict[int, int] = field(init=False)

    @order.default
    def _order(self) -> dict[int, int]:
        return {node.index: number for number, node in enumerate(self.arrangement.graph.nodes)}

    def write(self, instructions: tuple[Instruction, ...]) -> str:
        """The whole source: a function `instantiate(bound, refuse)` that returns a function of the arguments."""
        graph = self.arrangement.graph
        for value in graph.inputs:
            self.arrays[value.index] = self._identifier(value.attributes["name"])
        inputs = [value for value in graph.inputs if not self.arrangement.is_bound(value)]
        arguments = [self.arrays[value.index] for value in inputs]
        bound = [
            f"{self.arrays[value.index]} = bound[{value.attributes['name']!r}]"
            for value in graph.inputs
            if self.arrangement.is_bound(value)
        ]
        given = "".join(f"{name}, " for name in arguments)
        checks = [
            f"if {name}.shape != {value.shape} or {name}.dtype != {value.dtype.name}: refuse(({given}))"
            for value, name in zip(inputs, arguments, strict=True)
        ]
        blocks = [f"block_{number} = block({size})" for number, size in enumerate(self.placement.sizes)]
        for instruction in instructions:
            if instruction.is_cluster:
                self._cluster(instruction.nodes)
            else:
                self._single(instruction.nodes[0])
        results = self._finish()
        lines = ["def instantiate(bound, refuse):", *_indented([*bound, *blocks, *self.setup], 1)]
        lines += [f"    results = ({''.join(f'{each}, ' for each in results)})", ""]
        lines += [f"    def run({', '.join(arguments)}):", *_indented([*checks, *self.body, "return results"], 2)]
        return "\n".join([*lines, "", "    return run", ""])

    # Names

    def _identifier(self, text: str) -> str:
        word = re.sub(r"\W", "_", text)
        word = (
            word
            if word.isidentifier() and not re.fullmatch(r"[csvot]\d+|block_\d+|parts_\d+|results|bound", word)
            else f"_{word}"
        )
        while word in self.names or word in self.arrays.values() or iskeyword(word):
            word += "_"
        return word

    def _array(self, value: Value) -> str:
        """The name of a value as an array; constants and views are made where they are first needed."""
        known = self.arrays.get(value.index)
        if known is not None:
            return known
        donated = self.placement.donated.get(value.index)
        if donated is not None:
            return self.arrays.setdefault(value.index, self._input(donated))
        storage = self.arrangement.storage[value.index]
        name = f"{'c' if storage is Storage.CONSTANT else 'v'}{self.order[value.index]}"
        self.arrays[value.index] = name
        if storage is Storage.CONSTANT:
            self.names[name] = value.attributes["literal"].array
        elif storage is Storage.VIEW:
            line = f"{name} = {view(value, self._array(value.inputs[0]))}"
            (self.setup if self.arrangement.is_static(value) else self.body).append(line)
        else:
            self.setup.append(f"{name} = {self._memory(value)}")
        return name

    def _input(self, name: str) -> str:
        return next(
            self.arrays[each.index] for each in self.arrangement.graph.inputs if each.attributes["name"] == name
        )

    def _memory(self, value: Value) -> str:
        piece = self.placement.pieces.get(value.index)
        if piece is not None:
            join = self._array(piece.join)
            flat = join if len(piece.join.shape) == 1 else f"{join}.reshape(-1)"
            part = f"{flat}[{piece.start}:{piece.start + value.size}]"
            return part if value.ndim == 1 else f"{part}.reshape({value.shape})"
        number = self.placement.blocks.get(value.index)
        memory = f", block_{number}" if number is not None else ""
        return f"ndarray({value.shape}, {str(value.dtype)!r}{memory})"

    def _number(self, value: Value) -> str:
        storage = self.arrangement.storage[value.index]
        if storage is Storage.NUMBER:
            return f"s{self.order[value.index]}"
        if storage is Storage.CONSTANT:
            number = value.attributes["literal"].array[()]
            text = repr(float(number))
            # A Python float beside a float64 is one too; other dtypes and words such as nan need a name.
            if value.dtype == "float64" and text[0].isdigit():
                return text
            name = f"c{self.order[value.index]}"
            self.names[f"{name}_number"] = number
            return f"{name}_number"
        return f"{self._array(value)}[()]"

    # Instructions

    def _single(self, node: Value) -> None:
        if self.arrangement.storage[node.index] is Storage.NUMBER:
            name = f"s{self.order[node.index]}"
            self.body.append(f"{name} = {expression(node, self._number)}")
            if node.index in self.placement.as_arrays:
                self.body.append(f"{self._array(node)}[()] = {name}")
        elif node.operation.name == "concatenate":
            self._join(node)
        elif node.operation.name == "reshape":
            # The operand is no view of contiguous memory, so the result is seen in the operand's shape and copied to.
            out, operand = self._array(node), self._array(node.inputs[0])
            self.setup.append(f"{out}_ = {out}.reshape({node.inputs[0].shape})")
            self.body.append(f"copyto({out}_, {operand})")
        else:
            operands = [self._array(value) for value in node.inputs]
            self.body += statement(node, operands, self._array(node))

    def _join(self, node: Value) -> None:
        parts = [
            (number, value)
            for number, value in enumerate(node.inputs)
            if not self.placement.is_in_place(value, node, sum(each.size for each in node.inputs[:number]))
        ]
        out, axis = self._array(node), node.attributes["axis"]
        if len(parts) == len(node.inputs):
            self.body.append(f"concatenate(({', '.join(self._array(value) for value in node.inputs)}), {axis}, {out})")
            return
        for number, value in parts:
            rows = sum(each.shape[axis] for each in node.inputs[:number])
            self.setup.append(f"{out}_{number} = {out}[{':, ' * axis}{rows}:{rows + value.shape[axis]}]")
            self.body.append(f"copyto({out}_{number}, {self._array(value)})")

    def _cluster(self, nodes: tuple[Value, ...]) -> None:
        """A loop over parts that fit the cache; what is not read outside has scratch memory of one part."""
        columns: dict[str, str] = {}
        scratch = _Scratch(nodes, self.placement.outside)
        lines = []
        for node in nodes:
            operands = [
                scratch.names[value.index]
                if value.index in scratch.names
                else self._array(value)
                if value.size == 1 and node.size != 1
                else columns.setdefault(self._array(value), f"x{len(columns)}")
                for value in node.inputs
            ]
            if node.index in self.placement.outside:
                out = columns.setdefault(self._array(node), f"x{len(columns)}")
            else:
                out = scratch.take(node)
            lines += statement(node, operands, out)
        name = f"parts_{self.order[nodes[0].index]}"
        for temporary, dtype in scratch.dtypes.items():
            self.setup.append(f"{name}_{temporary} = ndarray({self.length}, {dtype!r}, block({self.length * 8}))")
        arrays = [*columns, *(f"{name}_{temporary}" for temporary in scratch.dtypes)]
        self.setup.append(f"{name} = parts({nodes[0].size}, {self.length}, {', '.join(arrays)})")
        self.body.append(f"for {', '.join([*columns.values(), *scratch.dtypes])}, in {name}:")
        self.body += _indented(lines, 1)

    def _finish(self) -> list[str]:
        """Copies at the end, and the sources of the outputs. No store may see what another has written."""
        stores, results = [], []
        for position, value in enumerate(self.arrangement.graph.outputs):
            store = self.placement.stores.get(position)
            if store is None:
                results.append(self._array(value))
                continue
            source = self._array(store.source)
            if store.target is None or store.staged:
                self.setup.append(f"o{position} = ndarray({value.shape}, {str(value.dtype)!r})")
                self.body.append(f"copyto(o{position}, {source})")
                source = f"o{position}"
            if store.target is not None:
                target = self._input(store.target)
                stores.append(f"copyto({target}, {source})")
                source = target
            results.append(source)
        self.body += stores
        return results


@define(eq=False)
class _Scratch:
    """Memory of one part for the inner results of a cluster, used again after the last read."""

    nodes: tuple[Value, ...]
    outside: set[int]
    names: dict[int, str] = field(factory=dict)
    dtypes: dict[str, str] = field(factory=dict)

    def take(self, node: Value) -> str:
        """A name for the memory of a node's result: that of an operand read for the last time, or new."""
        free = [name for name, dtype in self.dtypes.items() if dtype == str(node.dtype) and self._is_free(name, node)]
        chosen = min(free, default=None)
        if chosen is None:
            chosen = f"t{len(self.dtypes)}"
            self.dtypes[chosen] = str(node.dtype)
        self.names[node.index] = chosen
        return chosen

    def _is_free(self, name: str, writer: Value) -> bool:
        """Whether nothing reads what is in that memory once `writer` has written over it."""
        holder = max(index for index, known in self.names.items() if known == name)
        allowed = IN_PLACE_OPERANDS.get(writer.operation.name)
        for node in self.nodes:
            for position, value in enumerate(node.inputs):
                over = node is writer and (allowed is None or position in allowed)
                if value.index == holder and node.index >= writer.index and not over:
                    return False
        return True


def _indented(lines: list[str], depth: int) -> list[str]:
    return ["    " * depth + line for line in lines]
