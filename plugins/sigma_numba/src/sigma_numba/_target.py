"""As much of numba as kernels need: a target of its own, with numbers, loops and the functions that are defined for it.

Numba's own target for the CPU knows all of Python and NumPy that numba does: loading that takes longer than lowering
the kernels of a network, and it imports SciPy where it finds it. So kernels have contexts and registries of their own,
and only those passes that loops over raw memory need. Imported only when something is compiled.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any

from llvmlite import ir
from numba.core import imputils, types, typing
from numba.core.compiler import CompilerBase, CompileResult, Flags, compile_extra
from numba.core.compiler_machinery import PassManager
from numba.core.cpu import CPUContext
from numba.core.typed_passes import (
    AnnotateTypes,
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.typing.templates import AbstractTemplate, Registry, builtin_registry
from numba.core.untyped_passes import FixupArgs, IRProcessing, ReconstructSSA, TranslateByteCode

Infer = Callable[..., typing.Signature | None]
"""Of the types of the arguments; None where the function does not take them."""
Generate = Callable[..., ir.Value]
"""Of numba's context, LLVM's builder, the signature and the arguments' values."""

_types = Registry()
_lowerings = imputils.Registry("kernels")


def define(function: Callable[..., Any], infer: Infer, generate: Generate, *kinds: Any, literal: bool = False) -> None:
    """Make a function known to kernels.

    What it lowers can be narrowed to kinds of arguments. With `literal`, numbers that stand in the source are types of
    their own, whose `literal_value` is known when the function is lowered.
    """

    class Template(AbstractTemplate):
        key = function
        prefer_literal = literal

        def generic(self, arguments: Any, keywords: Any) -> Any:
            return infer(*arguments)

    _types.register_global(function, types.Function(Template))
    _lowerings.lower(function, *(kinds or (types.VarArg(types.Any),)))(generate)


def defined(name: str, infer: Infer, generate: Generate, *, literal: bool = False) -> Callable[..., Any]:
    """A new function for kernels, in whose place stands what is generated: of its own it does nothing."""

    def function(*_arguments: Any) -> None:
        pass

    function.__name__ = name
    define(function, infer, generate, literal=literal)
    return function


def lowered(function: FunctionType, signature: tuple[types.Type, ...]) -> CompileResult:
    """A function that returns nothing as LLVM's language, with divisions as NumPy does them."""
    flags = Flags()
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    flags.error_model = "numpy"
    flags.nrt = False
    return compile_extra(_typing, _target, function, signature, types.none, flags, {}, pipeline_class=_Pipeline)


class _Typing(typing.Context):
    """Types of Python's operators, of ranges and numbers, and of what is defined here."""

    def init(self) -> None:
        self.known = Registry()
        # The lists of functions and globals are numba's, not copies: what it adds to them later is known as well.
        self.known.functions, self.known.globals = builtin_registry.functions, builtin_registry.globals
        # Of attributes only the call of a dtype: some others load all of numba's own target.
        self.known.attributes = [each for each in builtin_registry.attributes if each.key is types.NumberClass]

    def load_additional_registries(self) -> None:
        self.install_registry(_types)

    def resolve_value_type(self, val: Any) -> Any:
        # What is known first: numba looks whether `range` is a list of its own, and loads lists for that.
        return self._get_global_type(val) or super().resolve_value_type(val)

    def _load_builtins(self) -> None:
        self.install_registry(self.known)


class _Target(CPUContext):
    """What such operators are in LLVM's language."""

    def load_additional_registries(self) -> None:
        from numba.cpython import builtins, numbers, rangeobj  # noqa: F401  # they register themselves

        self.install_registry(_lowerings)

    def post_lowering(self, mod: Any, library: Any) -> None:
        """Numba's runtime, which is linked here otherwise, counts references: kernels have none."""


class _Pipeline(CompilerBase):
    """From bytecode to types to LLVM's language, without the passes for lists, closures and parallel loops."""

    def define_pipelines(self) -> list[PassManager]:
        manager = PassManager("kernel")
        for each in (
            TranslateByteCode,
            FixupArgs,
            IRProcessing,
            ReconstructSSA,
            NopythonTypeInference,
            PreLowerStripPhis,
            IRLegalization,
            AnnotateTypes,
            NativeLowering,
            NoPythonBackend,
        ):
            manager.add_pass(each, each.__name__)
        manager.finalize()
        return [manager]


_typing = _Typing()
_target = _Target(_typing)
