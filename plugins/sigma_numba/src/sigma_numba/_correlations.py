"""Products with windows, in registers: as fast as the processor multiplies, without a copy of the windows.

A block of neighbouring places, or of elements of a window, times a block of filters: each number that is loaded is used
so often that multiplying takes the time, not loading. One core does so what two do with rows of windows and OpenBLAS.
"""

from collections.abc import Mapping, Sequence

from attrs import evolve

from sigma_core.extend import Kernel, Value, Writer
from sigma_numba._call import call, call_in_parts, neighbours, operand, packed
from sigma_numba._parts import count_of
from sigma_numba._registers import fits, registers
from sigma_numba._windows import Windows


def _block(count: int, places: int, vectors: int, *, exactly: bool) -> tuple[int, int]:
    """How many of neighbouring places and of vectors to multiply with each other: sums for all must stay in registers.

    The more products per load the better; but a number that divides the places is worth a little, for it saves the code
    of a rest. With `exactly` there can be no rest.
    """
    options = [
        (each, block)
        for each in range(1, places + 1)
        for block in range(1, vectors + 1)
        if vectors % block == 0 and fits(each, block, count) and not (exactly and places % each)
    ]

    def worth(option: tuple[int, int]) -> float:
        each, block = option
        return each * block / (each + block) * (1.0 if places % each == 0 else 0.85)

    return max(options, key=worth)


def correlate(writer: Writer, node: Value) -> Sequence[str]:
    """For a block of neighbouring windows and of filters: all sums in registers, over all elements of a window."""
    before: list[str] = []
    inputs, end = neighbours(writer, node.inputs[0], before)
    filters, _ = packed(writer, node.inputs[1], before, end)
    shape = Windows(node, inputs)
    lanes, vectors_held = registers(node.dtype)
    count = node.shape[1]
    block, vectors = _block(vectors_held, shape.columns, count // lanes, exactly=False)
    zero = f"spread_{lanes}({node.dtype.name}(0.0))"
    parts = count_of(shape.records, node.size * filters.value.shape[0] / shape.records)
    lines = [
        "def kernel(x, w, z):",
        f"    for n in range({shape.records // parts}):",
        f"        for r in range({shape.rows}):",
    ]

    def tile(depth: int, places: int, first: str) -> None:
        indent = "    " * depth
        sums = [(place, vector) for place in range(places) for vector in range(vectors)]
        lines.extend(f"{indent}a{place}_{vector} = {zero}" for place, vector in sums)
        lines.append(f"{indent}for i in range({shape.height}):")
        lines.append(f"{indent}    for j in range({shape.runs}):")
        lines.append(
            f"{indent}        s = n * {shape.of_record} + r * {shape.of_row} + ({first}) * {shape.of_column}"
            f" + i * {shape.down} + j * {shape.right}"
        )
        lines.append(f"{indent}        t = (i * {shape.runs} + j) * {shape.run * count} + f")
        lines.append(f"{indent}        for k in range({shape.run}):")
        inner = f"{indent}            "
        lines.extend(
            f"{inner}w{vector} = load_{lanes}(w, t + k * {count} + {vector * lanes})" for vector in range(vectors)
        )
        for place in range(places):
            lines.append(f"{inner}b = spread_{lanes}(x[s + k + {place * shape.of_column}])")
            lines.extend(
                f"{inner}a{place}_{vector} = fused(b, w{vector}, a{place}_{vector})" for vector in range(vectors)
            )
        lines.append(f"{indent}o = ((n * {shape.rows} + r) * {shape.columns} + {first}) * {count} + f")
        lines.extend(
            f"{indent}store(z, o + {place * count + vector * lanes}, a{place}_{vector})" for place, vector in sums
        )

    lines.append(f"            for f in range(0, {count}, {vectors * lanes}):")
    whole = shape.columns // block
    lines.append(f"                for q in range({whole}):")
    tile(5, block, f"q * {block}")
    if shape.columns % block:
        tile(4, shape.columns % block, f"{whole * block}")
    if parts == 1:
        return [*before, call(writer, lines, (inputs, filters), node)]
    step = shape.records // parts * shape.of_record
    operands = {inputs: step, filters: 0, operand(writer, node): node.size // parts}
    return [*before, call_in_parts(writer, lines, operands, node, parts)]


def correlate_back(writer: Writer, node: Value) -> Sequence[str]:
    """For a block of elements of windows and of filters: all sums in registers, over all places of a record."""
    before: list[str] = []
    inputs, end = neighbours(writer, node.inputs[0], before)
    due, end = packed(writer, node.inputs[1], before, end)
    shape = Windows(node, inputs)
    lanes, vectors_held = registers(node.dtype)
    count = node.shape[1]
    block, vectors = _block(vectors_held, shape.run, count // lanes, exactly=True)
    sums = [(element, vector) for element in range(block) for vector in range(vectors)]
    parts = count_of(shape.records, due.value.size * node.shape[0] / shape.records)
    lines = [
        "def kernel(x, g, w):",
        f"    for k in range({node.size}):",
        f"        w[k] = {node.dtype.name}(0.0)",
        f"    for n in range({shape.records // parts}):",
        f"        for i in range({shape.height}):",
        f"            for j in range({shape.runs}):",
        f"                for q in range(0, {shape.run}, {block}):",
        f"                    for f in range(0, {count}, {vectors * lanes}):",
        f"                        o = ((i * {shape.runs} + j) * {shape.run} + q) * {count} + f",
    ]
    indent = "    " * 6
    lines += [
        f"{indent}a{element}_{vector} = load_{lanes}(w, o + {element * count + vector * lanes})"
        for element, vector in sums
    ]
    lines += [
        f"{indent}for r in range({shape.rows}):",
        f"{indent}    s = n * {shape.of_record} + r * {shape.of_row} + i * {shape.down} + j * {shape.right} + q",
        f"{indent}    t = (n * {shape.rows} + r) * {shape.columns * count} + f",
        f"{indent}    for c in range({shape.columns}):",
    ]
    inner = f"{indent}        "
    lines += [f"{inner}g{vector} = load_{lanes}(g, t + c * {count} + {vector * lanes})" for vector in range(vectors)]
    for element in range(block):
        lines.append(f"{inner}b = spread_{lanes}(x[s + c * {shape.of_column} + {element}])")
        lines += [f"{inner}a{element}_{vector} = fused(b, g{vector}, a{element}_{vector})" for vector in range(vectors)]
    lines += [
        f"{indent}store(w, o + {element * count + vector * lanes}, a{element}_{vector})" for element, vector in sums
    ]
    if parts == 1:
        return [*before, call(writer, lines, (inputs, due), node)]
    # Parts have sums of their own, so that none waits for another and the result is the same each time.
    sums_of_parts, _ = writer.scratch((parts, *node.shape), node.dtype, end)
    own = evolve(operand(writer, node), place=f"({sums_of_parts}, 0)")
    step = shape.records // parts * shape.of_record
    operands = {inputs: step, due: due.value.size // parts, own: node.size}
    return [
        *before,
        call_in_parts(writer, lines, operands, node, parts),
        f"add.reduce({sums_of_parts}, 0, None, {writer.array(node)})",
    ]


KERNELS: Mapping[str, Kernel] = {"correlate": correlate, "correlate_back": correlate_back}
