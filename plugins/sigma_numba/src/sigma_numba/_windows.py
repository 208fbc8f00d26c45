"""Where windows lie in memory."""

from collections.abc import Sequence
from itertools import product

from sigma_core.extend import Value
from sigma_numba._call import Operand


class Windows:
    """Where the windows of an array are: sizes and steps, in elements, of two axes; one axis is a second one."""

    def __init__(self, node: Value, array: Operand) -> None:
        attributes, shape, steps = node.attributes, array.value.shape, array.steps
        flat = len(attributes["window"]) == 1
        window, strides, dilation = (
            (1, *attributes[name]) if flat else attributes[name] for name in ("window", "strides", "dilation")
        )
        records, *sizes, self.channels = (shape[0], 1, *shape[1:]) if flat else shape
        of_record, *along, _ = (steps[0], 0, *steps[1:]) if flat else steps
        self.records, self.of_record = records, of_record
        self.window, (self.height, self.width) = window, window
        reach = [(size - 1) * apart + 1 for size, apart in zip(window, dilation, strict=True)]
        self.rows, self.columns = (
            (size - extent) // stride + 1 for size, extent, stride in zip(sizes, reach, strides, strict=True)
        )
        self.of_row, self.of_column = (step * stride for step, stride in zip(along, strides, strict=True))
        # One index further in a window.
        self.down, self.right = (step * apart for step, apart in zip(along, dilation, strict=True))
        # Elements of a row of a window that are neighbours are one run.
        is_run = self.right == self.channels
        self.runs, self.run = (1, self.width * self.channels) if is_run else (self.width, self.channels)
        self.is_disjoint = all(stride >= extent for stride, extent in zip(strides, reach, strict=True))
        self.is_everything = (
            self.is_disjoint
            and all(
                count * extent == size
                for count, extent, size in zip((self.rows, self.columns), reach, sizes, strict=True)
            )
            and set(dilation) == {1}
        )

    @property
    def elements(self) -> list[int]:
        """How far each element of a window is from its first."""
        return [row * self.down + column * self.right for row, column in product(*map(range, self.window))]

    def loops(self, inner: Sequence[str]) -> list[str]:
        """Over all windows, `s` being where one begins and `o` the place of its result, and over channels, `k`."""
        return [
            f"    for n in range({self.records}):",
            f"        for r in range({self.rows}):",
            f"            for c in range({self.columns}):",
            f"                s = n * {self.of_record} + r * {self.of_row} + c * {self.of_column}",
            f"                o = ((n * {self.rows} + r) * {self.columns} + c) * {self.channels}",
            f"                for k in range({self.channels}):",
            *(f"                    {line}" for line in inner),
        ]
