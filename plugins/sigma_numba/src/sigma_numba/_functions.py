"""The functions that kernels call, as numba intrinsics: memory, rounding, selection, and mathematics without libm.

Imported only when something is compiled, for numba takes long to import.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from llvmlite import ir
from numba.core import datamodel, types
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import intrinsic, lower_builtin, register_model

from sigma_numba import _vectors
from sigma_numba._mathematics import FUNCTIONS, Number

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


@infer_global(operator.getitem)
class _Read(AbstractTemplate):
    def generic(self, arguments: Any, keywords: Any) -> Any:
        memory = arguments[0]
        return signature(memory.dtype, memory, types.intp) if isinstance(memory, Memory) else None


@infer_global(operator.setitem)
class _Write(AbstractTemplate):
    def generic(self, arguments: Any, keywords: Any) -> Any:
        memory = arguments[0]
        return signature(types.none, memory, types.intp, memory.dtype) if isinstance(memory, Memory) else None


@lower_builtin(operator.getitem, Memory, types.intp)
def _read(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    place = builder.gep(arguments[0], [arguments[1]])
    return context.unpack_value(builder, sig.return_type, place)


@lower_builtin(operator.setitem, Memory, types.intp, types.Any)
def _write(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    place = builder.gep(arguments[0], [arguments[1]])
    context.pack_value(builder, sig.args[2], arguments[2], place)
    return context.get_dummy_value()


def _function(name: str, rule: Callable[..., Number]) -> Any:
    """The intrinsic of a rule on floating-point numbers of one width."""

    def generic(_typing: Any, *arguments: Any) -> Any:
        def generate(_context: Any, builder: Any, _sig: Any, values: Any) -> Any:
            return rule(*(Number(builder, value) for value in values)).value

        return arguments[0](*arguments), generate

    return _intrinsic(name, rule.__code__.co_argcount, generic)


def _intrinsic(name: str, count: int, generic: Any) -> Any:
    """Numba reads the names of an intrinsic's arguments, so it is given a function with as many."""
    arguments = ", ".join("abc"[:count])
    names: dict[str, Any] = {"generic": generic}
    exec(f"def {name}(typing, {arguments}): return generic(typing, {arguments})", names)  # noqa: S102  # our own text
    return intrinsic(names[name])


def _by_instruction(name: str, instructions: Mapping[str, Callable[[Any, Any, Any], Any]]) -> Any:
    """A function of two numbers of one dtype that is one instruction: of floats, of signed or of unsigned integers."""

    def generic(_typing: Any, a: Any, b: Any) -> Any:
        kind = "float" if isinstance(a, types.Float) else "signed" if getattr(a, "signed", False) else "unsigned"

        def generate(_context: Any, builder: Any, _sig: Any, values: Any) -> Any:
            return instructions[kind](builder, *values)

        return a(a, b), generate

    return _intrinsic(name, 2, generic)


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


@intrinsic
def select(_typing: Any, condition: Any, a: Any, b: Any) -> Any:
    """One number or the other, both being computed."""

    def generate(_context: Any, builder: Any, _sig: Any, values: Any) -> Any:
        return builder.select(*values)

    return a(condition, a, b), generate


@intrinsic
def absolute(_typing: Any, a: Any) -> Any:
    """Without its sign."""

    def generate(_context: Any, builder: Any, _sig: Any, values: Any) -> Any:
        if isinstance(a, types.Float):
            return _llvm("llvm.fabs")(builder, values[0])
        kind = ir.FunctionType(values[0].type, [values[0].type, ir.IntType(1)])
        function = builder.module.declare_intrinsic("llvm.abs", (values[0].type,), kind)
        return builder.call(function, [values[0], ir.Constant(ir.IntType(1), 0)])

    return a(a), generate


NAMES: dict[str, Any] = {
    **{name: _function(name, rule) for name, rule in FUNCTIONS.items()},
    **_vectors.NAMES,
    "absolute": absolute,
    "select": select,
    "maximum": _by_instruction("maximum", {"float": _select(">"), **_integers("max")}),
    "minimum": _by_instruction("minimum", {"float": _select("<"), **_integers("min")}),
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
