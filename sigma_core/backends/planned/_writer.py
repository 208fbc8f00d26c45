"""From a plan to Python source: views and memory are made once, and a call is a straight line of calls."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import define, field

from sigma_core.backends._contract import NO_DONATIONS
from sigma_core.backends.planned._numbers import expression
from sigma_core.backends.planned._program import PlannedProgram
from sigma_core.backends.planned._statements import view
from sigma_core.backends.planning import Arrangement, Instruction, Placement, Storage
from sigma_core.graph import Graph, Value

if TYPE_CHECKING:
    from sigma_core.backends.planned._backend import PlannedBackend

ALIGNMENT = 64
OWN_NAMES = re.compile(r"[acostvwx]\d+|[a-z]+_\d+(_\w+)?|results|bound|blocks|scratch|refuse|root|turn")


@define(eq=False)
class Writer:
    """The source of one program, written line by line."""

    backend: "PlannedBackend"
    arrangement: Arrangement
    placement: Placement
    names: dict[str, Any]
    """What the source refers to."""
    unit: Any = None
    """What the backend gathers for a program and its bodies together."""
    setup: list[str] = field(factory=list)
    """Lines of an instantiation; arrays of a call are not known there."""
    body: list[str] = field(factory=list)
    """Lines of a call."""
    beside: list[str] = field(factory=list)
    """Text that belongs to the program for whoever reads it, such as kernels in another language."""
    arrays: dict[int, str] = field(factory=dict)
    """The name of each value as an array, once there is one."""
    scratch_size: int = 0
    order: dict[int, int] = field(init=False)

    @order.default
    def _order(self) -> dict[int, int]:
        return {node.index: number for number, node in enumerate(self.arrangement.graph.nodes)}

    def write(self, instructions: tuple[Instruction, ...]) -> str:
        """The whole source: `instantiate(bound, blocks, refuse)`, which returns a function of a call's arrays."""
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
        for instruction in instructions:
            if instruction.is_cluster:
                self.body += self.backend.write_cluster(self, instruction)
            else:
                self._single(instruction.nodes[0])
        results = self._finish()
        names = [f"block_{number}" for number in range(len(self.placement.sizes))]
        names += ["scratch"] if self.scratch_size else []
        blocks = [f"{''.join(f'{name}, ' for name in names)} = blocks"] if names else []
        lines = ["def instantiate(bound, blocks, refuse):", *indented([*bound, *blocks, *self.setup], 1)]
        lines += [f"    results = ({''.join(f'{each}, ' for each in results)})", ""]
        lines += [f"    def run({', '.join(arguments)}):", *indented([*checks, *self.body, "return results"], 2)]
        return "\n".join([*lines, "", "    return run", ""])

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of each block that the program needs."""
        return (*self.placement.sizes, self.scratch_size) if self.scratch_size else tuple(self.placement.sizes)

    # For kernels

    def array(self, value: Value) -> str:
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
            self.names[name] = self.backend.constant(value.attributes["literal"].array)
        elif storage is Storage.VIEW:
            line = f"{name} = {view(value, self.array(value.inputs[0]))}"
            (self.setup if self.arrangement.is_static(value) else self.body).append(line)
        else:
            self.setup.append(f"{name} = {self._memory(value)}")
        return name

    def bind(self, word: str, thing: Any) -> str:
        """A name, made of a word, by which the lines of the source may refer to any object."""
        name = self._identifier(word)
        self.names[name] = thing
        return name

    def scratch(self, shape: tuple[int, ...], dtype: Any, start: int = 0) -> tuple[str, int]:
        """An array for the lines of one node or cluster, `start` bytes into memory that all share; and where it ends.

        Ends are aligned, so that the next array of the same lines may start there.
        """
        # Not nothing, even for no numbers: the name of the memory is in the source then.
        size = max(math.prod(shape) * np.dtype(dtype).itemsize, 1)
        end = start + -(-size // ALIGNMENT) * ALIGNMENT
        self.scratch_size = max(self.scratch_size, end)
        name = f"t{len(self.setup)}"
        self.setup.append(f"{name} = ndarray({shape}, {str(np.dtype(dtype))!r}, scratch, {start})")
        return name, end

    def compile_body(
        self, graph: Graph, *, bound: Collection[str] = (), donations: Mapping[int, str] = NO_DONATIONS
    ) -> PlannedProgram:
        """The program of a control operation's body, by the same backend and in the same unit.

        It can be instantiated once this program is: `writer.bind` it, and let a line of `setup` do it.
        """
        return self.backend.compile_part(graph, self.unit, bound=bound, donations=donations)

    # Names

    def _identifier(self, text: str) -> str:
        word = re.sub(r"\W", "_", text)
        if not word.isidentifier() or OWN_NAMES.fullmatch(word):
            word = f"_{word}"
        while word in self.names or word in self.arrays.values() or iskeyword(word):
            word += "_"
        return word

    def _input(self, name: str) -> str:
        return next(
            self.arrays[each.index] for each in self.arrangement.graph.inputs if each.attributes["name"] == name
        )

    def _memory(self, value: Value) -> str:
        piece = self.placement.pieces.get(value.index)
        if piece is not None:
            join = self.array(piece.join)
            flat = join if len(piece.join.shape) == 1 else f"{join}.reshape(-1)"
            part = f"{flat}[{piece.start}:{piece.start + value.size}]"
            return part if value.ndim == 1 else f"{part}.reshape({value.shape})"
        number = self.placement.blocks.get(value.index)
        if value.operation.is_bundle:
            return f"ndarray(({self.arrangement.layout[value.index].size},), 'uint8', block_{number})"
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
        return f"{self.array(value)}[()]"

    # Instructions

    def _single(self, node: Value) -> None:
        if self.arrangement.storage[node.index] is not Storage.NUMBER:
            self.body += self.backend.kernel(node)(self, node)
            return
        name = f"s{self.order[node.index]}"
        self.body.append(f"{name} = {expression(node, self._number)}")
        if node.index in self.placement.as_arrays:
            self.body.append(f"{self.array(node)}[()] = {name}")

    def _finish(self) -> list[str]:
        """Copies at the end, and the sources of the outputs. No store may see what another has written."""
        stores, results = [], []
        for position, value in enumerate(self.arrangement.graph.outputs):
            store = self.placement.stores.get(position)
            if store is None:
                results.append(self.array(value))
                continue
            source = self.array(store.source)
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


def indented(lines: Sequence[str], depth: int) -> list[str]:
    """Lines of a block of the source."""
    return ["    " * depth + line for line in lines]
