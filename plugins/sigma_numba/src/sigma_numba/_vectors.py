"""Vectors as kernels see them: so many numbers in one register, for loops that keep their sums there.

LLVM makes vectors of plain loops by itself, but it does not keep a block of sums in registers over another loop, which
is what products of matrices live on. There a kernel names the registers itself: `load_16(memory, place)` and
`spread_16(number)` give one, `fused(a, b, c)` is a * b + c, `store(memory, place, vector)` writes one,
`transpose_16(to, place, step, of, place, step)` copies a square of numbers, rows to columns, and `multiply` computes a
tile of a product of matrices. Imported only when something is compiled.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, datamodel, types
from numba.extending import register_model

from sigma_numba._registers import LANES
from sigma_numba._target import defined


class Vector(types.Type):
    """Numbers of one dtype, side by side."""

    def __init__(self, dtype: types.Type, lanes: int) -> None:
        self.dtype, self.lanes = dtype, lanes
        super().__init__(f"Vector({dtype}, {lanes})")


@register_model(Vector)
class _VectorModel(datamodel.models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector) -> None:
        number = manager.lookup(vector.dtype).get_data_type()
        super().__init__(manager, vector, ir.VectorType(number, vector.lanes))


def _place(builder: Any, memory: Any, index: Any, vector: Any) -> Any:
    return builder.bitcast(builder.gep(memory, [index]), vector.as_pointer())


def _load(lanes: int) -> Any:
    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        kind = context.get_value_type(sig.return_type)
        # No more aligned than a number: rows of windows begin anywhere.
        return builder.load(_place(builder, *values, kind), align=sig.args[0].dtype.bitwidth // 8)

    return defined("load", lambda memory, _index: Vector(memory.dtype, lanes)(memory, types.intp), generate)


def _store(context: Any, builder: Any, sig: Any, values: Any) -> Any:
    place = _place(builder, values[0], values[1], values[2].type)
    builder.store(values[2], place, align=sig.args[0].dtype.bitwidth // 8)
    return context.get_dummy_value()


def _everywhere(builder: Any, number: Any, kind: Any) -> Any:
    """A vector of one number."""
    nothing = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), kind.count), None))


def _spread(lanes: int) -> Any:
    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        return _everywhere(builder, values[0], context.get_value_type(sig.return_type))

    return defined("spread", lambda number: Vector(number, lanes)(number), generate)


def _fused(_context: Any, builder: Any, _sig: Any, values: Any) -> Any:
    return _multiplied_and_added(builder, *values)


def _multiplied_and_added(builder: Any, a: Any, b: Any, c: Any) -> Any:
    # One rounding where the processor has such an instruction, two where it has not.
    name = f"llvm.fmuladd.v{a.type.count}{a.type.element.intrinsic_name}"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(a.type, [a.type] * 3), name)
    return builder.call(function, (a, b, c))


def _transpose(lanes: int) -> Any:
    """In registers: at each distance, numbers so far apart change places between rows so far apart."""

    def infer(target: Any, at: Any, _below: Any, source: Any, _from: Any, _beside: Any) -> Any:
        return types.none(target, at, at, source, at, at)

    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        to, start, below, of, first, beside = values
        dtype = sig.args[3].dtype
        kind = context.get_value_type(Vector(dtype, lanes))
        size = dtype.bitwidth // 8

        def place(memory: Any, begin: Any, step: Any, number: int) -> Any:
            index = builder.add(begin, builder.mul(step, ir.Constant(step.type, number)))
            return _place(builder, memory, index, kind)

        rows = [builder.load(place(of, first, beside, number), align=size) for number in range(lanes)]
        distance = 1
        while distance < lanes:
            for number in range(lanes):
                if not number & distance:
                    a, b = rows[number], rows[number + distance]
                    rows[number] = _exchanged(builder, a, b, distance)
                    rows[number + distance] = _exchanged(builder, b, a, -distance)
            distance *= 2
        for number, row in enumerate(rows):
            builder.store(row, place(to, start, below, number), align=size)
        return context.get_dummy_value()

    return defined("transpose", infer, generate)


def _multiply_types(block: Any, vectors: Any, lanes: Any, *others: Any) -> Any:
    """Of `multiply(block, vectors, lanes, z, at, below, a, from, down, right, b, from, step, terms)`."""
    memory = [types.intp if isinstance(each, types.Integer) else each for each in others]
    return types.none(block, vectors, lanes, *memory)


def _multiply(context: Any, builder: Any, sig: Any, values: Any) -> Any:
    """All sums of a tile in registers, over all terms, one at least; written here, for numba takes long to lower it."""
    block, vectors, lanes = (each.literal_value for each in sig.args[:3])
    z, at, below, a, first, down, right, b, second, step, terms = values[3:]
    dtype = sig.args[3].dtype
    kind, size = context.get_value_type(Vector(dtype, lanes)), dtype.bitwidth // 8
    tile = [(row, vector) for row in range(block) for vector in range(vectors)]

    def along(memory: Any, start: Any, distance: Any, number: int) -> Any:
        """Vectors side by side, from a row on that is so many further."""
        place = builder.add(start, builder.mul(distance, distance.type(number))) if number else start
        return _place(builder, memory, place, kind)

    def beside(row: Any, vector: int) -> Any:
        return builder.gep(row, [terms.type(vector)]) if vector else row

    before, loop, behind = builder.block, builder.append_basic_block("terms"), builder.append_basic_block("sums")
    builder.branch(loop)
    builder.position_at_end(loop)
    term = builder.phi(terms.type)
    sums = {each: builder.phi(kind) for each in tile}
    row_of_b = along(b, builder.add(second, builder.mul(term, step)), step, 0)
    columns = [builder.load(beside(row_of_b, vector), align=size) for vector in range(vectors)]
    column_of_a = builder.gep(a, [builder.add(first, builder.mul(term, right))])
    added = {}
    for row in range(block):
        number = builder.load(builder.gep(column_of_a, [builder.mul(down, down.type(row))]))
        factor = _everywhere(builder, number, kind)
        for vector in range(vectors):
            added[row, vector] = _multiplied_and_added(builder, factor, columns[vector], sums[row, vector])
    following = builder.add(term, term.type(1))
    builder.cbranch(builder.icmp_signed("<", following, terms), loop, behind)
    term.add_incoming(term.type(0), before)
    term.add_incoming(following, loop)
    for each in tile:
        sums[each].add_incoming(ir.Constant(kind, None), before)
        sums[each].add_incoming(added[each], loop)
    builder.position_at_end(behind)
    for row in range(block):
        row_of_z = along(z, at, below, row)
        for vector in range(vectors):
            builder.store(added[row, vector], beside(row_of_z, vector), align=size)
    return context.get_dummy_value()


def _exchanged(builder: Any, own: Any, other: Any, distance: int) -> Any:
    """A row with every second group of lanes, the later ones if the distance is positive, from that far in another."""
    lanes = own.type.count
    places = [
        lanes + lane - distance if bool(lane & abs(distance)) == (distance > 0) else lane for lane in range(lanes)
    ]
    return builder.shuffle_vector(own, other, ir.Constant(ir.VectorType(ir.IntType(32), lanes), places))


NAMES: dict[str, Any] = {
    **{f"load_{lanes}": _load(lanes) for lanes in LANES},
    **{f"spread_{lanes}": _spread(lanes) for lanes in LANES},
    "fused": defined("fused", lambda a, _b, _c: a(a, a, a), _fused),
    **{f"transpose_{lanes}": _transpose(lanes) for lanes in LANES},
    "multiply": defined("multiply", _multiply_types, _multiply, literal=True),
    "store": defined("store", lambda memory, _index, vector: types.none(memory, types.intp, vector), _store),
}
"""What a kernel's source may refer to."""
