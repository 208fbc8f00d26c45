"""Element-wise operations of one shape: one kernel, whose thread takes one element through all of them."""

from collections.abc import Sequence

from attrs import define, field

from sigma_core.extend import Value, Writer
from sigma_cuda.kernels._elements import expression
from sigma_cuda.kernels._text import Parameter, c_type, literal, offset, strides
from sigma_cuda.kernels._unit import launch


@define(eq=False)
class _Cluster:
    writer: Writer
    nodes: Sequence[Value]
    arrays: dict[str, Parameter] = field(factory=dict)
    """Of the kernel, by their names in the program: memory that is read and written is one parameter."""
    texts: dict[int, str] = field(factory=dict)
    """What stands for each value, once it was read or computed."""
    lines: list[str] = field(factory=list)

    def parameter(self, value: Value, *, written: bool = False) -> Parameter:
        array = self.writer.array(value)
        known = self.arrays.get(array)
        name = known.name if known else f"x{len(self.arrays)}"
        self.arrays[array] = Parameter(name, value.dtype, written or (known is not None and known.written))
        return self.arrays[array]

    def operand(self, value: Value) -> str:
        known = self.texts.get(value.index)
        if known is not None:
            return known
        text = literal(value.attributes["literal"].array) if _is_number(value) else None
        if text is None:
            parameter = self.parameter(value)
            steps = strides(self.writer.arrangement.layout[value.index], self.nodes[0].shape)
            text = f"a{len(self.texts)}"
            place = offset(steps, self.nodes[0].shape, "i")
            self.lines.append(f"const {c_type(value.dtype)} {text} = {parameter.name}[{place}];")
        self.texts[value.index] = text
        return text

    def write(self) -> None:
        outside = self.writer.placement.outside
        for node in self.nodes:
            operands = [self.operand(value) for value in node.inputs]
            text = f"v{self.writer.order[node.index]}"
            self.lines.append(f"const {c_type(node.dtype)} {text} = {expression(node, operands)};")
            self.texts[node.index] = text
            if len(self.nodes) == 1 or node.index in outside:
                self.lines.append(f"{self.parameter(node, written=True).name}[i] = {text};")


def _is_number(value: Value) -> bool:
    return value.operation.name == "constant" and value.size == 1


def write_elements(writer: Writer, nodes: Sequence[Value]) -> list[str]:
    """One kernel for the nodes, which are in the table and of one shape; operands may be broadcast or strided."""
    cluster = _Cluster(writer, nodes)
    cluster.write()
    word = "_".join(dict.fromkeys(node.operation.name for node in nodes[:3]))
    return launch(
        writer,
        word,
        nodes[0].size,
        list(cluster.arrays.items()),
        cluster.lines,
    )
