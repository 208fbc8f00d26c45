"""Questions to a trainer from any thread: answered by the thread of its run, between two iterations."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from sigma_core.errors import AnswerTimeoutError
from sigma_core.training._commands import Command
from sigma_core.training.recipe import Setup

if TYPE_CHECKING:
    from sigma_core.training._loop import Loop

PATIENCE = 60.0
"""Seconds for which a thread waits for the run's, by default: a validation may take long."""
_LOOK = 0.1

Answer = TypeVar("Answer")


class Question:
    """Something to be found out by the thread of a run."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask
        self._is_answered = threading.Event()
        self._answer: Any = None
        self._error: Exception | None = None
        self.is_withdrawn = False

    def answer(self) -> None:
        """Find it out; what is raised is raised where somebody waits."""
        if not self.is_withdrawn:
            try:
                self._answer = self._ask()
            except Exception as error:  # noqa: BLE001  # raised by `outcome`, in the thread that asked
                self._error = error
        self._is_answered.set()

    def wait(self, seconds: float) -> bool:
        """Whether it is answered by then."""
        return self._is_answered.wait(seconds)

    def outcome(self) -> Any:
        """What was found out, or what was raised instead."""
        if self._error is not None:
            raise self._error
        return self._answer


@frozen(eq=False)
class Ask(Command):
    """Answer a question; changes nothing and is not recorded."""

    question: Question


class Asked(ABC):
    """What can be asked from any thread: at rest there and then, of a run by way of its own thread."""

    setup: Setup
    _loop: "Loop | None"

    def _begin_asking(self) -> None:
        # Held by whoever reads or writes while no run goes on, and while one begins or ends.
        self._access = threading.RLock()

    @abstractmethod
    def send(self, command: Command) -> None:
        """Have the run apply a command between two iterations."""

    def _asked(self, ask: Callable[[], Answer], timeout: float = PATIENCE) -> Answer:
        """What a function says of this trainer while nothing in it changes.

        Raises AnswerTimeoutError where that moment has not come within `timeout` seconds.
        """
        deadline = monotonic() + timeout
        while True:
            loop = self._loop
            if loop is None:
                if not self._access.acquire(timeout=max(0.0, deadline - monotonic())):
                    raise self._late(timeout)
                try:
                    if self._loop is None:
                        return ask()
                finally:
                    self._access.release()
            elif loop.is_own_thread():
                return ask()
            else:
                question = Question(ask)
                loop.send(Ask(question), "")
                # A run that ends answers nothing more; then the trainer is at rest.
                while self._loop is loop:
                    if question.wait(min(_LOOK, max(0.0, deadline - monotonic()))):
                        answer: Answer = question.outcome()
                        return answer
                    if monotonic() >= deadline:
                        question.is_withdrawn = True
                        raise self._late(timeout)
                question.is_withdrawn = True

    def _late(self, timeout: float) -> AnswerTimeoutError:
        return AnswerTimeoutError(
            f"trainer {self.setup.name!r}",
            f"it has not answered within {timeout:g} seconds",
            "a run that comes to the end of an iteration meanwhile",
            "give a longer timeout; a hook of the run that waits for this thread must not",
        )
