"""Cosine: down along half a wave, once or again and again (SGDR, Loshchilov & Hutter 2017, equation 5)."""

from math import cos, pi

from attrs import frozen

from sigma_core.extend import Position, Schedule, State
from sigma_nn._settings import number, span


@frozen
class CosineSchedule(Schedule):
    """Fall from 1 to `end` over `length`: end + (1 - end) * (1 + cos(pi * time / length)) / 2.

    Then it stays there or, where `restarts` is true, begins anew at 1, with each wave `growth` times as long as the
    one before (T_mult in the paper).
    """

    length: str = span(default="1 run")
    end: float = number(default=0.0, at_least=0)
    restarts: bool = False
    growth: float = number(default=1.0, at_least=1)

    def factor(self, position: Position, state: State) -> float:
        """The height of the wave that the run is in."""
        time, length = float(position.iteration), position.iterations_of(self.length)
        if self.restarts and self.growth == 1:
            time %= length
        elif self.restarts:
            # Waves are taken off one by one: a logarithm would be off by one where a wave begins.
            while time >= length:
                time, length = time - length, length * self.growth
        return self.end + (1 - self.end) * (1 + cos(pi * min(1.0, time / length))) / 2
