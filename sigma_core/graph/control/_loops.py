"""What the rules of loops share: which of a body's inputs matter to a derivative, and its parts by their roles."""

from collections.abc import Collection

from attrs import frozen

from sigma_core.graph._gradients import dependent
from sigma_core.graph._graph import Graph, reachable
from sigma_core.graph._value import Value


@frozen(eq=False)
class Loop:
    """A loop's node taken apart. Inputs are numbered as the node has them: carries, sequences, constants."""

    body: Graph
    carries: int
    sequences: int
    inputs: tuple[Value, ...]

    @classmethod
    def of(cls, node: Value) -> "Loop":
        """The parts of a scan, or of a while_loop, which has no sequences."""
        attributes = node.attributes
        return cls(attributes["body"], attributes["carries"], attributes.get("sequences", 0), node.inputs)

    @property
    def elements(self) -> range:
        """Positions of the sequences among the inputs."""
        return range(self.carries, self.carries + self.sequences)

    @property
    def constants(self) -> range:
        """Positions of the constants among the inputs."""
        return range(self.carries + self.sequences, len(self.inputs))

    def varied(self, positions: Collection[int]) -> tuple[set[int], set[int]]:
        """The inputs that change when those at these positions do, and the outputs that follow them.

        A carry that a step makes of something that changes changes in the next step.
        """
        inputs = set(positions)
        while True:
            path = dependent(self.body.nodes, {self.body.inputs[position].index for position in inputs})
            outputs = {number for number, value in enumerate(self.body.outputs) if value.index in path}
            carried = {number for number in outputs if number < self.carries} - inputs
            if not carried:
                return inputs, outputs
            inputs |= carried

    def needed(self, outputs: Collection[int]) -> set[int]:
        """These outputs, and the carries that they are made of, in this step or an earlier one."""
        needed = set(outputs)
        while True:
            read = {node.index for node in reachable([self.body.outputs[number] for number in sorted(needed)])}
            carried = {number for number in range(self.carries) if self.body.inputs[number].index in read} - needed
            if not carried:
                return needed
            needed |= carried
