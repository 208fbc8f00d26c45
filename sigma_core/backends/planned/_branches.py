"""What runs as long, or only if, a condition holds."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from sigma_core.backends.planned._parts import Lines, Part, tuple_of
from sigma_core.graph import Value

if TYPE_CHECKING:
    from sigma_core.backends.planned._writer import Writer


def cond(writer: "Writer", node: Value) -> Sequence[str]:
    """The kernel: one instance of each branch, of which one runs."""
    site = Lines(writer, node)
    predicate, *inputs = site.inputs()
    results = tuple_of(site.results())
    names = []
    for word in ("when_true", "when_false"):
        branch = node.attributes[word]
        part = Part.of(writer, branch, branch.outputs)
        names.append(site.bind(word, part))
        given = f"{tuple_of(inputs)}, {results}, {site.blocks(part)}"
        writer.setup.append(f"{names[-1]}_run = {names[-1]}.step({given})")
    return [*site.lines, f"({names[0]}_run if {predicate}.item() else {names[1]}_run)()"]


def while_loop(writer: "Writer", node: Value) -> Sequence[str]:
    """The kernel: two instances of the body take turns; what the one finds, the other one makes."""
    site, attributes = Lines(writer, node), node.attributes
    body, condition, carries = attributes["body"], attributes["condition"], attributes["carries"]
    loop = While(Part.of(writer, body, body.outputs), Part.of(writer, condition, condition.outputs))
    inputs, first = site.inputs(carries), site.results()
    second = [site.like(value) for value in body.outputs]
    name, made = site.bind("while", loop), site.bind("arrays", WhileArrays)
    arrays = [tuple_of(first), tuple_of(second), tuple_of(inputs[carries:]), site.like(condition.outputs[0])]
    given = ", ".join([*arrays, site.blocks(loop.body), site.blocks(loop.condition)])
    writer.setup.append(f"{name}_run = {name}.run({made}({given}))")
    site.lines += [f"copyto({start}, {value})" for start, value in zip(first, inputs, strict=False)]
    ends = [f"    copyto({end}, {place})" for end, place in zip(first, second, strict=True)]
    return [*site.lines, f"if {name}_run():", *(ends or ["    pass"])]


@frozen(eq=False)
class WhileArrays:
    """What a while loop works on."""

    first: Sequence[Any]
    """Where carries are found at first, and wanted in the end."""
    second: Sequence[Any]
    constants: Sequence[Any]
    holds: Any
    """For what the condition says."""
    blocks: Sequence[Any]
    others: Sequence[Any]
    """The memory of the condition."""


@frozen(eq=False)
class While:
    """A while loop that is given its arrays at setup."""

    body: Part
    condition: Part

    def run(self, arrays: WhileArrays) -> Callable[[], bool]:
        """A run to the end, which returns whether the carries are in the second places then."""
        turns = (arrays.first, arrays.second)
        asks = [self.condition.step((*carry, *arrays.constants), (arrays.holds,), arrays.others) for carry in turns]
        steps = [
            self.body.step((*before, *arrays.constants), after, arrays.blocks) for before, after in (turns, turns[::-1])
        ]

        def run() -> bool:
            turn = 0
            asks[turn]()
            while arrays.holds.item():
                steps[turn]()
                turn = 1 - turn
                asks[turn]()
            return bool(turn)

        return run
