"""The text form of triggers.

trigger   = both { "|" both }
both      = single { "&" single }
single    = "(" trigger ")" | ( "once" | NUMBER "times" ) [ "(" trigger ")" ] | "always" | "never"
          | ( "after" | "until" ) NUMBER UNIT
          | ( "on" MOMENT | [ "every" ] [ NUMBER ] UNIT ) [ "after" NUMBER [ UNIT ] ] [ "until" NUMBER [ UNIT ] ]
UNIT      = "iterations" | "epochs" | [ "live" | "wall" ] "seconds" | "run"
          | "starts" | "stops" | "pauses" | "resumes" | "resets", or one of them without its last "s"
MOMENT    = "start" | "stop" | "pause" | "resume" | "reset"
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from sigma_core.errors import ExpressionError, SettingError
from sigma_core.expressions import Reader, Token
from sigma_core.hooks._clock import Unit
from sigma_core.hooks._counting import MOMENT_UNITS, After, Every, Number, Until
from sigma_core.hooks._trigger import Always, Never, Times, Trigger

Made = TypeVar("Made", bound=Trigger)

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>[A-Za-z_]+)|(?P<mark>\S))")
_PLAIN = {unit.value: unit for unit in Unit if unit is not Unit.WALL_SECONDS}
_UNITS = _PLAIN | {name.removesuffix("s"): unit for name, unit in _PLAIN.items()}
_CLOCKS = {"live": Unit.SECONDS, "wall": Unit.WALL_SECONDS}
_FIXED = {"always": Always(), "never": Never()}
_WORDS = ("every", "after", "until", "once", "times", "on", *_FIXED, *_CLOCKS, *_UNITS)
_FORM = 'such as "every 10 iterations", "3 epochs after 10", "0.25 run", "on pause", "once", joined by | and &'


def parse_trigger(text: str) -> Trigger:
    """The trigger that the text describes; ExpressionError with the column of the first fault."""
    return _Parser(text).parse()


class _Parser(Reader):
    subject = "trigger"
    pattern = _TOKEN

    def _words(self) -> Iterable[str]:
        return _WORDS

    def parse(self) -> Trigger:
        trigger = self._either()
        if self._next.kind != "end":
            raise self._fault("| or & or the end of the text")
        return trigger

    def _either(self) -> Trigger:
        trigger = self._both()
        while self._accept("|"):
            trigger = trigger | self._both()
        return trigger

    def _both(self) -> Trigger:
        trigger = self._single()
        while self._accept("&"):
            trigger = trigger & self._single()
        return trigger

    def _single(self) -> Trigger:
        if self._accept("("):
            return self._rest_of_group()
        if self._accept("once"):
            return Times(1, *self._limited())
        if self._next.text in _FIXED:
            return _FIXED[self._take().text]
        if self._accept("after"):
            return self._bounded(After)
        if self._accept("until"):
            return self._bounded(Until)
        return self._moment() if self._accept("on") else self._counted()

    def _rest_of_group(self) -> Trigger:
        trigger = self._either()
        if not self._accept(")"):
            raise self._fault("| or & or a closing parenthesis")
        return trigger

    def _limited(self) -> tuple[Trigger, ...]:
        """What is due so many times only, where that is said."""
        return (self._rest_of_group(),) if self._accept("(") else ()

    def _bounded(self, kind: type[After] | type[Until]) -> Trigger:
        token = self._next
        number, unit = self._number(), self._unit()
        return self._checked(kind, number, unit, token=token)

    def _counted(self) -> Trigger:
        is_worded = self._accept("every")
        token = self._next
        if token.kind == "number":
            number = self._number()
            if not is_worded and self._accept("times"):
                inner = self._limited()
                return self._checked(Times, number, *inner, token=token)
        elif is_worded and (token.text in _UNITS or token.text in _CLOCKS):
            number = 1
        else:
            raise self._fault("a number and a unit" if is_worded else f"a trigger, {_FORM}")
        return self._between(self._checked(Every, number, self._unit(), token=token))

    def _moment(self) -> Trigger:
        if self._next.text not in MOMENT_UNITS:
            raise self._fault("start, stop, pause, resume or reset")
        return self._between(Every(1, MOMENT_UNITS[self._take().text]))

    def _between(self, trigger: Every) -> Every:
        """The same, with the bounds that follow."""
        for word in ("after", "until"):
            if self._accept(word):
                token = self._next
                bound = self._number()
                self._same_unit(trigger.unit)
                trigger = self._checked(getattr(trigger, word), bound, token=token)
        return trigger

    def _checked(self, make: Callable[..., Made], *arguments: object, token: Token) -> Made:
        try:
            return make(*arguments)
        except SettingError as error:
            raise ExpressionError(
                where="trigger", found=error.found, expected=error.expected, text=self._text, column=token.column
            ) from None

    def _same_unit(self, unit: Unit) -> None:
        token = self._next
        if token.kind == "word" and (token.text in _UNITS or token.text in _CLOCKS) and self._unit() is not unit:
            expected = f'{unit.value}, or "& after NUMBER UNIT" to count in another unit'
            raise self._fault(expected, token)

    def _number(self) -> Number:
        if self._next.kind != "number":
            raise self._fault("a number")
        return self._take().number

    def _unit(self) -> Unit:
        if self._next.text in _CLOCKS:
            unit = _CLOCKS[self._take().text]
            if not (self._accept("seconds") or self._accept("second")):
                raise self._fault("seconds")
            return unit
        if self._next.text not in _UNITS:
            raise self._fault("iterations, epochs, seconds, run, starts, stops, pauses, resumes or resets")
        return _UNITS[self._take().text]
