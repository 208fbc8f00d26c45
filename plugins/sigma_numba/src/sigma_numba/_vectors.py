"""Vectors as kernels see them: so many numbers in one register, for loops that keep their sums there.

LLVM makes vectors of plain loops by itself, but it does not keep a block of sums in registers over another loop, which
is what products of matrices live on. There a kernel names the registers itself: `load_16(memory, place)` and
`spread_16(number)` give one, `fused(a, b, c)` is a * b + c, `store(memory, place, vector)` writes one, and
`transpose_16(to, place, step, of, place, step)` copies a square of numbers, rows to columns. Imported only when
something is compiled.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, datamodel, types
from numba.extending import register_model

from sigma_numba._target import defined

LANES = (2, 4, 8, 16)


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


def _spread(lanes: int) -> Any:
    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        nothing = ir.Constant(context.get_value_type(sig.return_type), ir.Undefined)
        first = builder.insert_element(nothing, values[0], ir.Constant(ir.IntType(32), 0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
        return builder.shuffle_vector(first, nothing, everywhere)

    return defined("spread", lambda number: Vector(number, lanes)(number), generate)


def _fused(_context: Any, builder: Any, sig: Any, values: Any) -> Any:
    kind, vector = values[0].type, sig.return_type
    # One rounding where the processor has such an instruction, two where it has not.
    name = f"llvm.fmuladd.v{vector.lanes}f{vector.dtype.bitwidth}"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), name)
    return builder.call(function, values)


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
    "store": defined("store", lambda memory, _index, vector: types.none(memory, types.intp, vector), _store),
}
"""What a kernel's source may refer to."""
