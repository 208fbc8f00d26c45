"""The functions that kernels call: memory, rounding, selection, and mathematics without libm.

Imported only when something is compiled, for numba takes long to import.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from llvmlite import ir
from numba.core import datamodel, types
from numba.core.typing import signature
from numba.extending import register_model

from sigma_numba import _vectors
from sigma_numba._mathematics import FUNCTIONS, Number
from sigma_numba._target import define, defined

ACCUMULATED = ("reassoc", "nsz", "contract")
"""Sums and products may be taken in any order, as vectors do; NaN and infinities count."""


class Memory(types.Type):
    """Raw memory of numbers of one dtype."""

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(f"Memory({dtype})")


@register_model(Memory)
class _MemoryModel(datamodel.models.PrimitiveModel):
    def __init__(self, manager: Any, memory: Memory) -> None:
        super().__init__(manager, memory, manager.lookup(memory.dtype).get_data_type().as_pointer())


def _reads(memory: Any, _index: Any) -> Any:
    return signature(memory.dtype, memory, types.intp) if isinstance(memory, Memory) else None


def _read(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    place = builder.gep(arguments[0], [arguments[1]])
    return context.unpack_value(builder, sig.return_type, place)


def _writes(memory: Any, _index: Any, _number: Any) -> Any:
    return signature(types.none, memory, types.intp, memory.dtype) if isinstance(memory, Memory) else None


def _write(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    place = builder.gep(arguments[0], [arguments[1]])
    context.pack_value(builder, sig.args[2], arguments[2], place)
    return context.get_dummy_value()


define(operator.getitem, _reads, _read, Memory, types.intp)
define(operator.setitem, _writes, _write, Memory, types.intp, types.Any)


def _of_one_dtype(first: Any, *others: Any) -> Any:
    """A function of numbers of one dtype, which the result has too."""
    return first(first, *others)


def _function(name: str, rule: Callable[..., Number]) -> Any:
    """The function of a rule on floating-point numbers of one width."""

    def generate(_context: Any, builder: Any, _sig: Any, values: Any) -> Any:
        return rule(*(Number(builder, value) for value in values)).value

    return defined(name, _of_one_dtype, generate)


def _by_instruction(name: str, instructions: Mapping[str, Callable[[Any, Any, Any], Any]]) -> Any:
    """A function of two numbers of one dtype that is one instruction: of floats, of signed or of unsigned integers."""

    def generate(_context: Any, builder: Any, sig: Any, values: Any) -> Any:
        dtype = sig.args[0]
        kind = (
            "float" if isinstance(dtype, types.Float) else "signed" if getattr(dtype, "signed", False) else "unsigned"
        )
        return instructions[kind](builder, *values)

    return defined(name, _of_one_dtype, generate)


def _llvm(name: str) -> Callable[..., Any]:
    def call(builder: Any, *values: Any) -> Any:
        kind = values[0].type
        function = builder.module.declare_intrinsic(name, (kind,), ir.FunctionType(kind, [kind] * len(values)))
        return builder.call(function, values)

    return call


def _select(predicate: str) -> Callable[..., Any]:
    """The first number where it compares so to the second, or is NaN."""

    def choose(builder: Any, a: Any, b: Any) -> Any:
        larger = builder.select(builder.fcmp_ordered(predicate, a, b), a, b)
        return builder.select(builder.fcmp_unordered("uno", a, a), a, larger)

    return choose


def _integers(name: str) -> dict[str, Callable[..., Any]]:
    return {"signed": _llvm(f"llvm.s{name}"), "unsigned": _llvm(f"llvm.u{name}")}


def _both(method: str) -> dict[str, Callable[..., Any]]:
    def integers(builder: Any, a: Any, b: Any) -> Any:
        return getattr(builder, method)(a, b)

    def floats(builder: Any, a: Any, b: Any) -> Any:
        return getattr(builder, f"f{method}")(a, b, flags=ACCUMULATED)

    return {"float": floats, "signed": integers, "unsigned": integers}


def _select_one(_context: Any, builder: Any, _sig: Any, values: Any) -> Any:
    return builder.select(*values)


def _absolute(_context: Any, builder: Any, sig: Any, values: Any) -> Any:
    if isinstance(sig.args[0], types.Float):
        return _llvm("llvm.fabs")(builder, values[0])
    kind = ir.FunctionType(values[0].type, [values[0].type, ir.IntType(1)])
    function = builder.module.declare_intrinsic("llvm.abs", (values[0].type,), kind)
    return builder.call(function, [values[0], ir.Constant(ir.IntType(1), 0)])


def _prefetch(context: Any, builder: Any, _sig: Any, values: Any) -> Any:
    memory, kind = values[0].type, ir.IntType(32)
    arguments = [builder.gep(values[0], [values[1]]), kind(0), kind(2), kind(1)]
    declared = ir.FunctionType(ir.VoidType(), [memory, kind, kind, kind])
    builder.call(builder.module.declare_intrinsic("llvm.prefetch", (memory,), declared), arguments)
    return context.get_dummy_value()


NAMES: dict[str, Any] = {
    **{name: _function(name, rule) for name, rule in FUNCTIONS.items()},
    **_vectors.NAMES,
    "absolute": defined("absolute", _of_one_dtype, _absolute),
    # One number or the other, both being computed.
    "select": defined("select", lambda condition, a, b: a(condition, a, b), _select_one),
    "maximum": _by_instruction("maximum", {"float": _select(">"), **_integers("max")}),
    "minimum": _by_instruction("minimum", {"float": _select("<"), **_integers("min")}),
    # Has a line of the cache come from memory, to be read in a while.
    "prefetch": defined("prefetch", lambda memory, _: signature(types.none, memory, types.intp), _prefetch),
    # As reductions LLVM knows these to be such.
    "highest": _by_instruction("highest", {"float": _llvm("llvm.maximum"), **_integers("max")}),
    "lowest": _by_instruction("lowest", {"float": _llvm("llvm.minimum"), **_integers("min")}),
    "added": _by_instruction("added", _both("add")),
    "multiplied": _by_instruction("multiplied", _both("mul")),
    "inf": float("inf"),
    "nan": float("nan"),
    **{
        name: getattr(types, name)
        for name in ("float32", "float64", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))
    },
}
"""What a kernel's source may refer to."""
