"""The embedded backend."""

from collections.abc import Sequence
from typing import Any, ClassVar

from attrs import field, frozen
from attrs.validators import ge

from sigma_core.backends.numpy._chains import parts, write_chain
from sigma_core.backends.planned import HostBackend, Writer
from sigma_core.backends.planning import Arrangement, Instruction, schedule


@frozen
class NumpyBackend(HostBackend):
    """Runs graphs with NumPy on the CPU: prepared calls into planned memory, long element-wise chains part by part."""

    part: int = field(default=32768, validator=ge(1), kw_only=True)
    """Elements of an array that a chain of element-wise operations works on at a time: so it stays in the cache."""

    name: ClassVar[str] = "numpy"
    fused: ClassVar[bool] = False

    def schedule(self, arrangement: Arrangement) -> tuple[Instruction, ...]:
        """Neighbours of two parts or more are clusters."""
        return schedule(arrangement, smallest=2 * self.part)

    def write_cluster(self, writer: Writer, instruction: Instruction) -> Sequence[str]:
        """A loop over parts."""
        return write_chain(writer, instruction.nodes, self.part)

    def namespace(self) -> dict[str, Any]:
        """With what goes through an array part by part."""
        return super().namespace() | {"parts": parts}
