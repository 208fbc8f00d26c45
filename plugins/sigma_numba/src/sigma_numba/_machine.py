"""The processor that code is compiled for, and the loading of object code: with llvmlite alone, without numba."""

from collections.abc import Iterable
from ctypes import CFUNCTYPE, PYFUNCTYPE, c_void_p
from functools import cache
from typing import Any

import llvmlite.binding as llvm
from attrs import frozen


def machine() -> llvm.TargetMachine:
    """Generates code for this very processor; a new one, for an engine takes it into its possession."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=processor(), features=features(), opt=3, reloc="pic", codemodel="default", jit=True
    )


@cache
def processor() -> str:
    """The name that LLVM has for it."""
    name: str = llvm.get_host_cpu_name()
    return name


@cache
def features() -> str:
    """What this processor can, as LLVM names it."""
    return llvm.get_host_cpu_features().flatten()


@frozen(eq=False)
class Loaded:
    """Functions of object code, by name, of one argument: the address of a table."""

    functions: dict[str, Any]
    """They hold the global lock during the call."""
    releasing: dict[str, Any]
    """The same, letting other threads run meanwhile, which costs 40 nanoseconds."""
    addresses: dict[str, int]
    """Where the code begins, for the team; kernels over a range take its begin and end as well."""


def load(code: bytes, names: Iterable[str]) -> Loaded:
    """Make the functions of object code callable; raises RuntimeError when it is not what LLVM can load."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    addresses = {name: engine.get_function_address(name) for name in names}

    def functions(prototype: Any) -> dict[str, Any]:
        made = {name: prototype(None, c_void_p)(address) for name, address in addresses.items()}
        for function in made.values():
            # The code stays in memory as long as one of them.
            function.engine = engine
        return made

    return Loaded(functions(PYFUNCTYPE), functions(CFUNCTYPE), addresses)
