"""What a contender is to the process that runs it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from steps.cases import BATCHES


class Contender(ABC):
    """A network that can be trained step by step, on batches and from weights that are those of everybody."""

    compile_seconds: float = 0.0
    """From the network to the first step that can be called."""
    versions: ClassVar[Mapping[str, str]] = {}
    """Of the libraries that do the work."""

    @abstractmethod
    def step(self, number: int) -> Any:
        """One training step on a batch, by its number; gives its loss in whatever form it has then."""

    def wait(self, _last: Any) -> None:  # noqa: B027  # few have to wait
        """Come back when the step is done of which this is the loss; most are when `step` comes back."""

    def run(self, start: int, count: int) -> None:
        """So many steps, beginning with the batch of that number."""
        last = None
        for number in range(start, start + count):
            last = self.step(number % BATCHES)
        self.wait(last)

    def losses(self, count: int) -> list[float]:
        """The losses of the next steps."""
        return [float(self.step(number % BATCHES)) for number in range(count)]
