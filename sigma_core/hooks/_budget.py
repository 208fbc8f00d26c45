"""Time budgets: how long a call may take, or which share of the running time."""

import re

from attrs import frozen

from sigma_core.errors import SettingError

_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
_TEXT = re.compile(r"\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(us|ms|s|%)\s*")


@frozen
class Budget:
    """A time for each call, on average (`50 us`, `1 ms`, `2 s`), or a share of a run's running time (`2 %`)."""

    amount: float
    unit: str

    @classmethod
    def parse(cls, text: object, where: str = "budget") -> "Budget":
        """The budget that the text describes; SettingError where it describes none."""
        found = _TEXT.fullmatch(text) if isinstance(text, str) else None
        if found is None or float(found[1]) == 0:
            raise SettingError(
                where,
                f"{text!r}",
                'a time for each call, such as "50 us", "1 ms" or "2 s", or a share of the run, such as "2 %"',
                "write a number above 0 and one of us, ms, s and %",
            )
        return cls(float(found[1]), found[2])

    def __str__(self) -> str:
        """The text that parses back to it."""
        return f"{self.amount:g} {self.unit}"

    @property
    def is_share(self) -> bool:
        """Whether it is a share of the run, and not a time for each call."""
        return self.unit == "%"

    def exceeded_by(self, calls: float, seconds: float, running: float) -> str | None:
        """What was found, in words, where so many calls took longer in all than they may; None where they did not.

        `running` is the running time of the whole run in seconds.
        """
        if self.is_share:
            share = 100 * seconds / running if running else 0.0
            return f"{share:.3g} % of the running time" if share > self.amount else None
        each = seconds / calls if calls else 0.0
        return f"{duration(each)} a call" if each > self.amount * _SECONDS[self.unit] else None


def duration(seconds: float) -> str:
    """A time in words, in the unit that suits it."""
    unit = next((unit for unit, length in reversed(_SECONDS.items()) if seconds >= length), "us")
    return f"{seconds / _SECONDS[unit]:.3g} {unit}"
