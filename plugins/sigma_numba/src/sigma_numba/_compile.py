"""From the source of kernels to object code: numba types and lowers, LLVM optimises for this processor.

Imported only when something is compiled.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numba.core import types
from numba.np import numpy_support

from sigma_numba._functions import NAMES, Memory
from sigma_numba._machine import machine
from sigma_numba._target import lowered


def object_code(kernels: Mapping[str, tuple[str, Sequence[np.dtype]]]) -> bytes:
    """Object code of kernels by name, each of its source and the dtypes of its arguments.

    Each is a C function of that name, of one argument: the address of a table of the addresses of its memory. A kernel
    whose source takes `begin` and `end` in front takes them behind the table.
    """
    return machine().emit_object(optimised(kernels))


def optimised(kernels: Mapping[str, tuple[str, Sequence[np.dtype]]]) -> llvm.ModuleRef:
    """The kernels as one module of LLVM's language, after its passes."""
    module = llvm.parse_assembly("")
    module.triple = llvm.get_process_triple()
    for name, (source, dtypes) in kernels.items():
        module.link_in(llvm.parse_assembly(_lowered(name, source, dtypes)))
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = True
    builder = llvm.create_pass_builder(machine(), options)
    builder.getModulePassManager().run(module, builder)
    return module


def _lowered(name: str, source: str, dtypes: Sequence[np.dtype]) -> str:
    """The text of a module with one kernel, and the C function that calls it."""
    names: dict[str, Any] = dict(NAMES)
    exec(compile(source, f"<kernel {name}>", "exec"), names)  # noqa: S102  # our own source
    is_ranged = source.startswith(f"def {name}(begin, end")
    memory = tuple(Memory(numpy_support.from_dtype(dtype)) for dtype in dtypes)
    signature = (types.intp, types.intp, *memory) if is_ranged else memory
    result = lowered(names[name], signature)
    text = str(result.library._final_module)  # noqa: SLF001  # the one way to what is not compiled yet
    native = result.fndesc.llvm_func_name
    # Memory of different arguments never overlaps; where it is equal, it is one argument.
    text = re.sub(
        r"^define .*$", lambda line: line[0].replace("ptr %arg.", "ptr noalias %arg."), text, flags=re.MULTILINE
    )
    # Products and sums may be fused: one rounding less.
    text = re.sub(r"= (fadd|fsub|fmul) (float|double)", r"= \1 contract \2", text)
    text = text.replace(f'"{native}"', native).replace(f"@{native}", f"@{name}_")
    return text + _entry(name, len(dtypes), is_ranged=is_ranged)


def _entry(name: str, count: int, *, is_ranged: bool) -> str:
    """The C function: it reads the table and calls what numba has lowered, whose two first arguments are of no use."""
    given, bounds = (", i64 %begin, i64 %end",) * 2 if is_ranged else ("", "")
    lines = [f"define void @{name}(ptr %table{given}) {{", "  %unused = alloca [4 x ptr]"]
    for number in range(count):
        lines.append(f"  %place.{number} = getelementptr ptr, ptr %table, i64 {number}")
        lines.append(f"  %memory.{number} = load ptr, ptr %place.{number}")
    arguments = "".join(f", ptr %memory.{number}" for number in range(count))
    lines.append(f"  %status = call i32 @{name}_(ptr %unused, ptr %unused{bounds}{arguments})")
    return "\n".join([*lines, "  ret void", "}", ""])
