"""How fast a run goes and how long it still takes."""

from collections import deque


class Speed:
    """Iterations per second over the last `window` seconds: quick to follow a change, slow to jitter."""

    def __init__(self, window: float = 10.0) -> None:
        self._window = window
        self._samples: deque[tuple[float, int]] = deque()

    def observe(self, seconds: float, iteration: int) -> None:
        """Take note of where the run stands; a step back (an earlier checkpoint was restored) starts anew."""
        samples = self._samples
        if samples and (iteration < samples[-1][1] or seconds < samples[-1][0]):
            samples.clear()
        samples.append((seconds, iteration))
        # One sample from before the window stays, so that a rate is known when iterations are longer than it.
        while len(samples) > 2 and samples[1][0] <= seconds - self._window:
            samples.popleft()

    @property
    def rate(self) -> float | None:
        """Iterations per second; None until two samples differ."""
        if len(self._samples) < 2:
            return None
        (start, first), (end, last) = self._samples[0], self._samples[-1]
        return (last - first) / (end - start) if last > first and end > start else None

    def remaining(self, iterations: int) -> float | None:
        """Seconds that so many more iterations take at this rate; None while it is unknown."""
        rate = self.rate
        return None if rate is None else max(0, iterations) / rate
