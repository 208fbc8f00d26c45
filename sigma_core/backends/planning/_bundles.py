"""Memory of operations with several results: one block for all of them, in which each has its place.

A carry of a scan that is a result as well, as the state of a recurrent layer is, needs no place of its own: the carries
of all steps stand one behind the other, and what a step makes is where the next one looks for it.
"""

from math import prod

from attrs import frozen

from sigma_core.graph import Value, signatures

ALIGNMENT = 64


@frozen
class Track:
    """The places of a carry, one after the other: before the first step, and after each."""

    start: int
    """In bytes."""
    slot: int
    """Bytes of one."""
    steps: int
    reverse: bool

    def place(self, step: int) -> int:
        """Where the carry is found by step number `step`, counted as they run; the last one is the end."""
        return self.start + self.slot * (self.steps - step if self.reverse else step)


@frozen
class Bundle:
    """Where in the memory of a bundle its results are, in bytes."""

    places: tuple[int, ...]
    size: int
    tracks: dict[int, Track]
    """Of carries that are results as well, by number."""
    tracked: frozenset[int]
    """Those results."""


def bundle_of(node: Value) -> Bundle:
    """The layout of a bundle's memory."""
    places: dict[int, int] = {}
    tracks: dict[int, Track] = {}
    tracked: set[int] = set()
    size = 0

    def taken(count: int) -> int:
        nonlocal size
        start = size
        size += -(-count // ALIGNMENT) * ALIGNMENT
        return start

    types = signatures(node)
    if node.operation.name == "scan":
        body, carries = node.attributes["body"], node.attributes["carries"]
        length, reverse = node.attributes["length"], node.attributes["reverse"]
        for number in range(carries):
            before, after = body.inputs[number], body.outputs[number]
            results = range(carries, len(types))
            old = [result for result in results if body.outputs[result] is before]
            new = [result for result in results if body.outputs[result] is after and result not in places]
            if not old and not new:
                continue
            track = tracks[number] = Track(taken((length + 1) * before.nbytes), before.nbytes, length, reverse)
            places[number] = track.place(length)
            # Element 0 of a result belongs to the first step, or to the last one of those that go backwards.
            places |= dict.fromkeys(old, track.start + (before.nbytes if reverse else 0))
            places |= dict.fromkeys(new, track.start + (0 if reverse else before.nbytes))
            tracked |= {*old, *new}
    for number, (shape, dtype) in enumerate(types):
        if number not in places:
            places[number] = taken(prod(shape) * dtype.itemsize)
    return Bundle(tuple(places[number] for number in range(len(types))), max(size, 1), tracks, frozenset(tracked))
