"""Products of two matrices, in registers: a block of rows times a panel of columns, each sum from its first term on.

OpenBLAS copies both operands into an order of its own before it multiplies, which takes a fifth of the time where there
are few rows, as in a batch. Here the rows of the second operand are read as they lie, from the second cache once a
panel is there, and whatever lies otherwise is copied once, panel after panel. A number of the result is the same
whichever block it is computed in, so it depends neither on the number of threads nor on the other rows of a batch.
"""

from collections.abc import Mapping, Sequence
from math import ceil

from attrs import frozen

from sigma_core.extend import Kernel, Storage, Value, Writer
from sigma_numba._call import Operand, left_to_numpy, named, operand, packed
from sigma_numba._registers import LANES, fits, multiplies_fast, registers
from sigma_numba._team import team

SMALLEST = 4
"""Rows and columns from which on there is something to keep in registers."""
LEAST = 1 << 17
"""Multiplications from which on a kernel gains anything; threads share it, and handing it over costs a microsecond."""
LONGEST = 1 << 12
"""Terms of a sum, which are added one after the other: more of them lose digits, and a panel leaves the cache."""
ACROSS = 1 << 22
"""Bytes of a first operand that may be read across its rows: of more, each term is in no cache any more."""
TURNED_ONCE = 1 << 20
"""Bytes of a second operand that may be turned for a single block of rows."""
WORTH = 64
"""Operations for each byte of a call's arguments, which are copied to where kernels read them."""
ALIKE = 2048
"""Bytes: rows that are a multiple of so many apart fall into the same places of a cache, and drive each other out."""


@frozen
class Tiles:
    """How a result is cut: blocks of rows by panels of columns, the last ones laid over what is done already."""

    rows: int
    columns: int
    block: int
    """Rows of a block."""
    vectors: int
    """Vectors side by side in a panel."""
    lanes: int

    @property
    def width(self) -> int:
        """Columns of a panel."""
        return self.vectors * self.lanes

    @property
    def blocks(self) -> int:
        """How many there are, one below the other."""
        return ceil(self.rows / self.block)

    @property
    def panels(self) -> int:
        """How many there are, side by side."""
        return ceil(self.columns / self.width)

    @property
    def cost(self) -> float:
        """Time, in multiplications of vectors: as many as there are, or as sums that wait for themselves allow."""
        sums = self.block * self.vectors
        return self.blocks * self.panels * max(sums, self.block + self.vectors, 10)

    def column(self, panel: str) -> str:
        """Source of the first column of a panel."""
        return f"select({panel} == {self.panels - 1}, {self.columns - self.width}, {panel} * {self.width})"

    def row(self, block: str) -> str:
        """Source of the first row of a block."""
        return f"select({block} == {self.blocks - 1}, {self.rows - self.block}, {block} * {self.block})"


def pays() -> bool:
    """Whether kernels are faster than NumPy's matrix library: on this processor, and with as many threads as it has."""
    return multiplies_fast() and team().library is not None


def tiles(rows: int, columns: int, lanes: int, count: int) -> Tiles:
    """The cheapest tiles for so many registers."""
    lanes = max(each for each in LANES if each <= min(lanes, columns))
    options = [
        Tiles(rows, columns, block, vectors, lanes)
        for vectors in range(1, min(4, columns // lanes) + 1)
        for block in range(1, min(rows, count) + 1)
        if fits(block, vectors, count)
    ]
    return min(options, key=lambda each: (each.cost, -each.block))


def matmul(writer: Writer, node: Value) -> Sequence[str]:
    """Panel after panel, and in it block after block."""
    if not _is_written(writer, node):
        return left_to_numpy(writer, node)
    (rows, inner), columns = node.inputs[0].shape, node.shape[1]
    cut = tiles(rows, columns, *registers(node.dtype))
    product = _Product(writer, node, cut)
    lines, second, start, step = _panels(product)
    first = operand(writer, node.inputs[0])
    down, right = first.steps
    source = [
        "def kernel(begin, end, a, b, z):",
        "    for i in range(begin, end):",
        f"        t = i // {cut.blocks}",
        f"        q = i - t * {cut.blocks}",
        f"        c = {cut.column('t')}",
        f"        r = {cut.row('q')}",
        f"        multiply({cut.block}, {cut.vectors}, {cut.lanes},",
        f"                 z, r * {columns} + c, {columns},",
        f"                 a, r * {down}, {down}, {right},",
        f"                 b, {start}, {step}, {inner})",
    ]
    return [*lines, product.call("product", source, cut.panels * cut.blocks, first, second, operand(writer, node))]


def _is_written(writer: Writer, node: Value) -> bool:
    """Whether a kernel can compute a product, and gains anything; each limit was measured."""
    if node.ndim != 2 or node.dtype.kind != "f" or node.dtype.itemsize not in (4, 8):
        return False
    layout, (first, second) = writer.arrangement.layout, node.inputs
    terms = first.shape[1]
    work = terms * node.size
    if min(node.shape) < SMALLEST or terms > LONGEST or work < LEAST or not layout[node.index].flags.c_contiguous:
        return False
    is_across = first.nbytes > ACROSS and layout[first.index].strides[1] != first.dtype.itemsize
    if is_across or 2 * work < WORTH * _copied(writer, node) or not pays():
        return False
    cut = tiles(*node.shape, *registers(node.dtype))
    is_turned = layout[second.index].strides[1] != second.dtype.itemsize
    return not (is_turned and cut.blocks == 1 and second.nbytes > TURNED_ONCE)


def _copied(writer: Writer, node: Value) -> int:
    """Bytes of arguments of the call that are copied for a product: whole ones, of which it may read a part only."""
    roots = {root.index: root for root in (writer.arrangement.root[value.index] for value in node.inputs)}
    storage = writer.arrangement.storage
    return sum(root.nbytes for root in roots.values() if storage[root.index] is Storage.ARGUMENT)


@frozen(eq=False)
class _Product:
    """A product that is being written."""

    writer: Writer
    node: Value
    cut: Tiles

    def call(self, word: str, source: Sequence[str], length: int, *operands: Operand) -> str:
        """The line that calls a kernel, which is made ready under a name that begins with a word."""
        kernel = named(self.writer, source, [each.value.dtype for each in operands])
        name = f"{word}_{self.writer.order[self.node.index]}"
        places = ", ".join(each.place for each in operands)
        self.writer.setup.append(f"{name} = shared(addresses[{kernel!r}], {length}, {places}, line=1)")
        return f"{name}()"


def _panels(product: _Product) -> tuple[list[str], Operand, str, int]:
    """The panels of the second operand: lines that copy them, their memory, where panel `t` begins, and rows apart."""
    writer, cut, value = product.writer, product.cut, product.node.inputs[1]
    lines: list[str] = []
    inner, end = value.shape[0], 0
    second = operand(writer, value)
    if 1 not in second.steps:
        second, end = packed(writer, value, lines)
    down, right = second.steps
    if right == 1 and (cut.blocks == 1 or down * value.dtype.itemsize % ALIKE):
        return lines, second, "c", down
    size = inner * cut.width
    source = ["def kernel(begin, end, b, p):", "    for i in range(begin, end):", f"        c = {cut.column('i')}"]
    if right == 1:
        source += [
            f"        for k in range({inner}):",
            f"            for j in range({cut.width}):",
            f"                p[i * {size} + k * {cut.width} + j] = b[k * {down} + c + j]",
        ]
    else:
        source += _turning(cut, inner, right)
    name, _ = writer.scratch((cut.panels * size,), value.dtype, end)
    copy = Operand(value, (cut.width, 1), f"({name}, 0)")
    lines.append(product.call("panels", source, cut.panels, second, copy))
    return lines, copy, f"t * {size}", cut.width


def _turning(cut: Tiles, inner: int, right: int) -> list[str]:
    """Columns that lie as rows are turned in squares."""
    side = max(each for each in LANES if each <= min(cut.lanes, max(inner, LANES[0])))
    squares = inner - inner % side
    size = inner * cut.width
    source = [
        f"        for j in range(0, {cut.width}, {side}):",
        f"            for k in range(0, {squares}, {side}):",
        f"                to = i * {size} + k * {cut.width} + j",
        f"                transpose_{side}(p, to, {cut.width}, b, (c + j) * {right} + k, {right})",
    ]
    if squares < inner:
        source += [
            f"        for k in range({squares}, {inner}):",
            f"            for j in range({cut.width}):",
            f"                p[i * {size} + k * {cut.width} + j] = b[(c + j) * {right} + k]",
        ]
    return source


KERNELS: Mapping[str, Kernel] = {"matmul": matmul}
