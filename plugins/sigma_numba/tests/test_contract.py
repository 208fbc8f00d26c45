"""The suites that the kernel holds its backends to, on this one."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

SUITES = Path(__file__).parents[3] / "tests" / "backends"


def suite(name):
    specification = spec_from_file_location(name, SUITES / f"{name}.py")
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


test_an_operation_is_compiled_right = suite("test_operations").test_an_operation_is_compiled_right
