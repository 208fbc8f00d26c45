"""Operations that have no kernel: computed by NumPy on the host, on copies.

Right for every operation, those of other plugins too, and slow: the device waits for the host and the host for it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Value, Writer


@frozen(eq=False)
class Call:
    """An operation on the host, from and to arrays of the device."""

    runtime: Any
    implementation: Callable[..., Any]
    attributes: Mapping[str, Any]

    def __call__(self, out: Any, *arrays: Any) -> None:
        """Copy the arrays to the host, compute, copy the result to `out`."""
        operands = [self.runtime.to_numpy(array) for array in arrays]
        result = self.implementation(*operands, **self.attributes)
        self.runtime.put(out, np.asarray(result, out.dtype, order="C").reshape(out.shape))


def on_host(writer: Writer, node: Value) -> list[str]:
    """A call of the operation's own implementation."""
    operation = node.operation
    made = Call(writer.backend.runtime, operation.implementation, dict(node.attributes))
    name = writer.bind(f"host_{operation.name}", made)
    arrays = [writer.array(node), *(writer.array(value) for value in node.inputs)]
    return [f"{name}({', '.join(arrays)})"]
