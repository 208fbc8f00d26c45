"""Ctrl-C and SIGTERM during a run: the first asks for an end between two iterations, the second ends at once."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

# SIGBREAK is what Windows sends for Ctrl-Break, the nearest it has to SIGTERM.
_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")


class Signals:
    """While it is entered, tells `interrupted` of the first signal, by name; a second one raises at once.

    Only the main thread can take signals; entered in any other, it does nothing.
    """

    def __init__(self, interrupted: Callable[[str], None]) -> None:
        self._interrupted = interrupted
        self._previous: dict[int, Any] = {}
        self._was_told = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for name in _NAMES:
                number = getattr(signal, name, None)
                if number is not None:
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        is_second, self._was_told = self._was_told, True
        self._interrupted(signal.Signals(number).name)
        if is_second:
            raise KeyboardInterrupt
