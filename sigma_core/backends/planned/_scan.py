"""Scans: each step has an instance of the body.

It is made over views of the sequences' elements, of the carry that it finds, and of the places of what it makes. So a
step is a straight line of calls that copies nothing; what it needs besides, all instances share. A scan of very many
steps has two instances, and copies elements and results instead.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from sigma_core.backends.planned._parts import Lines, Part, Step, array_at, tuple_of
from sigma_core.backends.planning import Bundle, bundle_of
from sigma_core.graph import Signature, Value, signatures

if TYPE_CHECKING:
    from sigma_core.backends.planned._writer import Writer

VIEWS = 1 << 16
"""Arrays that the instances of a scan may make, all together."""


def scan(writer: "Writer", node: Value) -> Sequence[str]:
    """The kernel: instances are made at setup, a call runs one after the other."""
    attributes, site = node.attributes, Lines(writer, node)
    body, carries, length = attributes["body"], attributes["carries"], attributes["length"]
    bundle = bundle_of(node)
    written = tuple(number for number in range(carries, len(body.outputs)) if number not in bundle.tracked)
    part = Part.of(writer, body, [body.outputs[number] for number in (*range(carries), *written)])
    loop = Scan(
        part, bundle, signatures(node), carries, attributes["sequences"], length, attributes["reverse"], written
    )
    inputs, memory = site.inputs(carries), writer.array(node)
    name, made = site.bind("scan", loop), site.bind("arrays", ScanArrays)
    spare = [site.like(value) for value in body.inputs[:carries]]
    given = f"{made}({memory}, {tuple_of(inputs[carries:])}, {tuple_of(spare)}, {site.blocks(part)})"
    starts = spare
    if length * part.program.nodes > VIEWS:
        groups = body.inputs[:carries], body.inputs[carries : carries + loop.sequences]
        other, taken = (tuple_of(site.like(value) for value in group) for group in groups)
        results = tuple_of(site.like(body.outputs[number]) for number in written)
        writer.setup.append(f"{name}_steps = {name}.long({given}, {other}, {taken}, {results})")
    else:
        starts = [f"{name}_{number}" for number in range(carries)]
        writer.setup.append(f"{name}_steps, {tuple_of(starts)} = {name}.steps({given})")
    site.lines += [f"copyto({start}, {value})" for start, value in zip(starts, inputs, strict=False)]
    return [*site.lines, f"for turn in {name}_steps:", "    turn()"]


@frozen(eq=False)
class ScanArrays:
    """What a scan works on."""

    memory: Any
    """Of the results, in bytes."""
    inputs: Sequence[Any]
    """Sequences and constants."""
    spare: Sequence[Any]
    """One place for each carry."""
    blocks: Sequence[Any]
    """The memory of the body."""


@frozen(eq=False)
class Scan:
    """A scan that is given its arrays at setup."""

    part: Part
    bundle: Bundle
    types: tuple[Signature, ...]
    carries: int
    sequences: int
    length: int
    reverse: bool
    written: tuple[int, ...]
    """The results that the body writes; the others are among the carries."""

    def steps(self, arrays: ScanArrays) -> tuple[tuple[Step, ...], tuple[Any, ...]]:
        """An instance for each step, and where the first one finds the carries."""
        elements, constants = arrays.inputs[: self.sequences], arrays.inputs[self.sequences :]
        results = [self._result(number, arrays) for number in self.written]
        before = [self._carry(number, 0, arrays) for number in range(self.carries)]
        starts, steps = tuple(before), []
        for step, place in self._order():
            after = [self._carry(number, step + 1, arrays) for number in range(self.carries)]
            read = (*before, *(array[place, ...] for array in elements), *constants)
            made = (*after, *(array[place, ...] for array in results))
            steps.append(self.part.step(read, made, arrays.blocks))
            before = after
        return tuple(steps), starts

    def long(
        self, arrays: ScanArrays, other: Sequence[Any], taken: Sequence[Any], made: Sequence[Any]
    ) -> tuple[Step, ...]:
        """All steps as one: `other` is one more place for each carry, `taken` for an element, `made` for results."""
        sequences, constants = arrays.inputs[: self.sequences], arrays.inputs[self.sequences :]
        turns = (arrays.spare, other)
        instances = [
            self.part.step((*before, *taken, *constants), (*after, *made), arrays.blocks)
            for before, after in (turns, turns[::-1])
        ]
        results = [self._result(number, arrays) for number in self.written]

        def track(step: int) -> None:
            for number in self.bundle.tracks:
                self._carry(number, step, arrays)[...] = turns[step % 2][number]

        def run() -> None:
            track(0)
            for step, place in self._order():
                for element, array in zip(taken, sequences, strict=True):
                    element[...] = array[place]
                instances[step % 2]()
                for array, result in zip(results, made, strict=True):
                    array[place] = result
                track(step + 1)
            for number, carry in enumerate(turns[self.length % 2]):
                self._result(number, arrays)[...] = carry

        return (run,)

    def _order(self) -> list[tuple[int, int]]:
        """The steps as they run, and the elements they go to."""
        places = range(self.length)
        return list(enumerate(reversed(places) if self.reverse else places))

    def _carry(self, number: int, step: int, arrays: ScanArrays) -> Any:
        """Where a step finds a carry: on its track, or by turns in the place of its end and in a spare one."""
        track = self.bundle.tracks.get(number)
        if track is not None:
            return array_at(arrays.memory, track.place(step), self.types[number])
        return arrays.spare[number] if (self.length - step) % 2 else self._result(number, arrays)

    def _result(self, number: int, arrays: ScanArrays) -> Any:
        return array_at(arrays.memory, self.bundle.places[number], self.types[number])
