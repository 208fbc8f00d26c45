"""Of CuPy the backend uses what there is; this needs CuPy, and no device."""

import ast
import inspect
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import sigma_cuda

cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
FILE = Path(sigma_cuda.__file__).parent / "_runtime.py"


def chains():
    """What stands behind `cupy` in the runtime: `cuda.Device` and the like."""
    for node in ast.walk(ast.parse(FILE.read_text("utf-8"))):
        text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if re.fullmatch(r"cupy(\.\w+)+", text):
            yield text.removeprefix("cupy.")


@pytest.mark.parametrize("chain", sorted(set(chains())))
def test_a_name_is_there(chain):
    """Under every name that the runtime uses."""
    found = cupy
    for name in chain.split("."):
        assert hasattr(found, name)
        found = getattr(found, name)


# As programs call them; arrays are stood for by None, for there is no memory to put them in.
CALLS = {
    "copyto": [((None, None), {})],
    "broadcast_to": [((None, (2, 3)), {})],
    "concatenate": [(((None, None), 0, None), {})],
    "argsort": [((None, 0), {})],
    "sort": [((None, 0), {})],
    "array": [((None,), {"order": "C"})],
    "asnumpy": [((None,), {})],
}


@pytest.mark.parametrize("name", CALLS)
def test_a_function_takes_what_it_is_given(name):
    """By position and by name."""
    signature = inspect.signature(getattr(cupy, name))
    for arguments, keywords in CALLS[name]:
        signature.bind(*arguments, **keywords)


def test_a_product_takes_the_memory_of_its_result_by_name():
    """NumPy's third argument is not CuPy's."""
    assert "out" in inspect.signature(type(cupy.matmul).__call__).parameters
    assert cupy.matmul.__doc__.startswith("matmul(x1, x2, /, out=None")


def test_arrays_and_modules_have_what_programs_use():
    """Views by slices, transposition and reshape; `set`, `item`, `flags`; modules compile and give functions."""
    for name in ("reshape", "transpose", "T", "view", "set", "item", "flags", "device", "data", "strides", "__float__"):
        assert hasattr(cupy.ndarray, name)
    for name in ("compile", "get_function"):
        assert hasattr(cupy.RawModule, name)
    assert "memptr=None" in cupy.ndarray.__doc__ or "memptr" in cupy.ndarray.__doc__


def test_a_module_is_made_without_compiling_it():
    """With the options that are given."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = cupy.RawModule(code='extern "C" __global__ void nothing() {}', options=("--std=c++14",))
    assert module.code.startswith("extern")
    assert np.dtype("float32") == cupy.float32
