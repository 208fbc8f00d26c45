"""The text form of triggers.

trigger   = both { "|" both }
both      = single { "&" single }
single    = "(" trigger ")" | "once" [ "(" trigger ")" ] | "always" | "never"
          | ( "after" | "until" ) NUMBER UNIT
          | [ "every" ] [ NUMBER ] UNIT [ "after" NUMBER [ UNIT ] ] [ "until" NUMBER [ UNIT ] ]
UNIT      = "iteration" | "iterations" | "epoch" | "epochs" | "second" | "seconds" | "run"
"""

import re
from collections.abc import Iterable

from sigma_core.errors import ExpressionError, SettingError
from sigma_core.expressions import Reader, Token
from sigma_core.hooks._clock import Unit
from sigma_core.hooks._counting import After, Every, Number, Until
from sigma_core.hooks._trigger import Always, Never, Once, Trigger

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>[A-Za-z_]+)|(?P<mark>\S))")
_UNITS = {unit.value: unit for unit in Unit} | {
    "iteration": Unit.ITERATIONS,
    "epoch": Unit.EPOCHS,
    "second": Unit.SECONDS,
}
_FIXED = {"always": Always(), "never": Never()}
_WORDS = ("every", "after", "until", "once", *_FIXED, *_UNITS)
_FORM = 'such as "every 10 iterations", "3 epochs after 10", "0.25 run", "once", joined by | and &'


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
            return Once(self._rest_of_group()) if self._accept("(") else Once()
        if self._next.text in _FIXED:
            return _FIXED[self._take().text]
        if self._accept("after"):
            return self._bounded(After)
        if self._accept("until"):
            return self._bounded(Until)
        return self._counted()

    def _rest_of_group(self) -> Trigger:
        trigger = self._either()
        if not self._accept(")"):
            raise self._fault("| or & or a closing parenthesis")
        return trigger

    def _bounded(self, kind: type[After] | type[Until]) -> Trigger:
        token = self._next
        number, unit = self._number(), self._unit()
        try:
            return kind(number, unit)
        except SettingError as error:
            raise self._wrong_amount(error, token) from None

    def _counted(self) -> Trigger:
        is_worded = self._accept("every")
        token = self._next
        if token.kind == "number":
            number = self._number()
        elif is_worded and token.text in _UNITS:
            number = 1
        else:
            raise self._fault("a number and a unit" if is_worded else f"a trigger, {_FORM}")
        unit = self._unit()
        trigger = self._checked(Every, number, unit, token=token)
        for word in ("after", "until"):
            if self._accept(word):
                token = self._next
                bound = self._number()
                self._same_unit(unit)
                trigger = self._checked(getattr(trigger, word), bound, token=token)
        return trigger

    def _checked(self, make: "type[Every]", *arguments: object, token: Token) -> Every:
        try:
            return make(*arguments)  # type: ignore[arg-type]  # Every or its `after` and `until`
        except SettingError as error:
            raise self._wrong_amount(error, token) from None

    def _same_unit(self, unit: Unit) -> None:
        token = self._next
        if token.kind == "word" and _UNITS.get(token.text, unit) is not unit:
            raise self._fault(f'{unit.value}, or "& after NUMBER UNIT" to count in another unit')
        if token.text in _UNITS:
            self._take()

    def _number(self) -> Number:
        if self._next.kind != "number":
            raise self._fault("a number")
        return self._take().number

    def _unit(self) -> Unit:
        if self._next.text not in _UNITS:
            raise self._fault("iterations, epochs, seconds or run")
        return _UNITS[self._take().text]

    def _wrong_amount(self, error: SettingError, token: Token) -> ExpressionError:
        return ExpressionError(
            where="trigger", found=error.found, expected=error.expected, text=self._text, column=token.column
        )
