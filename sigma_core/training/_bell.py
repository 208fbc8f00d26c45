"""What wakes the thread of a run."""

from contextlib import suppress
from queue import Empty, SimpleQueue


class Bell:
    """Rung from any thread, and by the handler of a signal, which may come while its own thread rings or waits.

    That is why it is no `threading.Event`, whose lock such a handler would wait for in vain.
    """

    def __init__(self) -> None:
        self._rung: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        """Have whoever waits, or is the next to do so, go on."""
        # Nobody may wait for a long time; once is enough then.
        if self._rung.empty():
            self._rung.put(None)

    def wait(self, seconds: float) -> None:
        """Until it is rung, or was since the last time, but no longer than so many seconds."""
        with suppress(Empty):
            self._rung.get(timeout=seconds)
            while True:
                self._rung.get_nowait()
