"""Criteria as people write them: what is read, and what is refused with a caret under the fault."""

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as some

from sigma_core.errors import ExpressionError, FaultsError, PluginUnavailableError, SettingError
from sigma_core.registry import ComponentRegistry, Composer, component
from sigma_core.training._criterion import AllOf, AnyOf, Criterion, Not
from sigma_core.training._criterion_text import parse_criterion


class Stub(Criterion):
    """What the tests below need of a criterion: fields and a text form."""

    moment = "epoch"

    def update(self, state, observation):
        return {**state, "reached": observation.epoch > 1}

    def reason(self, state):
        return str(self)


@frozen
class Epochs(Stub):
    """Counted."""

    count: int

    def __str__(self):
        return f"{self.count} epochs"


@frozen
class Threshold(Stub):
    """Compared."""

    value: str
    comparison: str
    bound: float

    def __str__(self):
        return f"{self.value} {self.comparison} {self.bound}"


@frozen
class Plateau(Stub):
    """A score with settings behind it."""

    value: str
    count: int
    tolerance: float = 0.5
    goal: str = "auto"

    def __attrs_post_init__(self):
        if self.count < 2:
            raise SettingError("Plateau.count", f"{self.count}", "an integer of at least 2")

    def __str__(self):
        return f"{self.value} plateau {self.count} {self.tolerance} {self.goal}"


@frozen
class Diverged(Stub):
    """Without settings."""

    def __str__(self):
        return "diverged"


@frozen
class Twice(Stub):
    """Around another criterion."""

    criterion: Criterion = component("criteria")
    in_a_row: bool = True

    def __str__(self):
        return f"({self.criterion}) twice {str(self.in_a_row).lower()}"


def number(value: int):
    """What was registered by mistake: it makes no criterion."""
    return value


def unavailable():
    raise PluginUnavailableError("criteria 'moon' (sigma-moon 1.0)", "it needs a moon", "", "wait")


@pytest.fixture(scope="module")
def composer():
    registry = ComponentRegistry(path=[])
    for each in (Epochs, Threshold, Plateau, Diverged, Twice):
        registry.register("criteria", each.__name__.lower(), each)
    registry.register("criteria", "number", number)
    return Composer(registry)


READ = {
    "20 epochs": Epochs(20),
    "diverged": Diverged(),
    "validation.accuracy > 0.97": Threshold("validation.accuracy", ">", 0.97),
    "validation.loss<=-1e-3": Threshold("validation.loss", "<=", -1e-3),
    "loss >= .5": Threshold("loss", ">=", 0.5),
    "loss < 2.": Threshold("loss", "<", 2.0),
    "validation.loss plateau 5": Plateau("validation.loss", 5),
    "validation.loss plateau 5 0.01 minimum": Plateau("validation.loss", 5, 0.01, "minimum"),
    "2 epochs | diverged": AnyOf([Epochs(2), Diverged()]),
    "2 epochs | 3 epochs | 4 epochs": AnyOf([Epochs(2), Epochs(3), Epochs(4)]),
    "2 epochs & 3 epochs | 4 epochs": AnyOf([AllOf([Epochs(2), Epochs(3)]), Epochs(4)]),
    "2 epochs & (3 epochs | 4 epochs)": AllOf([Epochs(2), AnyOf([Epochs(3), Epochs(4)])]),
    "(2 epochs | 3 epochs) | 4 epochs": AnyOf([AnyOf([Epochs(2), Epochs(3)]), Epochs(4)]),
    "~diverged": Not([Diverged()]),
    "~ ~diverged & 2 epochs": AllOf([Not([Not([Diverged()])]), Epochs(2)]),
    "~(diverged & 2 epochs)": Not([AllOf([Diverged(), Epochs(2)])]),
    "  ((2 epochs))  ": Epochs(2),
    "1 epoch": Epochs(1),
    "(2 epochs) twice": Twice(Epochs(2)),
    "~(2 epochs | diverged) twice false & diverged": AllOf(
        [Not([Twice(AnyOf([Epochs(2), Diverged()]), in_a_row=False)]), Diverged()]
    ),
    "((diverged) twice true) twice": Twice(Twice(Diverged())),
}


@pytest.mark.parametrize("text", READ)
def test_what_a_text_means(text, composer):
    """`~` binds more tightly than `&`, `&` than `|`."""
    assert parse_criterion(text, composer) == READ[text]


REFUSED = {
    "": """\
criterion: the text ends here
    {}
    ^
  expected: a criterion, such as "20 epochs", "validation.accuracy > 0.97" or "validation.loss plateau 5", \
joined by |, & and ~""",
    "2 epochs |": """\
criterion: the text ends here
    {}
              ^
  expected: a criterion, such as "20 epochs", "validation.accuracy > 0.97" or "validation.loss plateau 5", \
joined by |, & and ~""",
    "20": """\
criterion: the text ends here
    {}
      ^
  expected: one of diverged, epochs, number, plateau, threshold, twice""",
    "20 epoch": """\
criteria 'epoch': there is no such criterion
    {}
       ^
  expected: diverged, epochs, number, plateau, threshold, twice (nearest: epochs)""",
    "20 epochs plateu": """\
criterion: 'plateu' does not fit here
    {}
              ^
  expected: |, & or the end of the text (nearest: plateau)""",
    "validation.loss": """\
criterion: the text ends here
    {}
                   ^
  expected: a comparison with a number, or one of diverged, epochs, number, plateau, threshold, twice""",
    "validation.loss > much": """\
criterion: 'much' does not fit here
    {}
                      ^
  expected: a number to compare with""",
    "validation.loss = 3": """\
criterion: '=' does not fit here
    {}
                    ^
  expected: a comparison with a number, or one of diverged, epochs, number, plateau, threshold, twice""",
    "(2 epochs": """\
criterion: the text ends here
    {}
             ^
  expected: |, & or a closing parenthesis""",
    "2 epochs)": """\
criterion: ')' does not fit here
    {}
            ^
  expected: |, & or the end of the text""",
    "validation.loss plateau 5 0.1 auto 7": """\
criterion: '7' does not fit here
    {}
                                       ^
  expected: |, & or the end: plateau takes value, count, tolerance, goal""",
    "2 diverged": """\
criterion: '2' does not fit here
    {}
    ^
  expected: |, & or the end: diverged takes no settings""",
    "(2 epochs) twise": """\
criterion: 'twise' does not fit here
    {}
               ^
  expected: |, & or the end of the text (nearest: twice)""",
    "(2 epochs) twice true 3": """\
criterion: '3' does not fit here
    {}
                          ^
  expected: |, & or the end: twice takes criterion, in_a_row""",
    "2 number": """\
criterion: 'number' is no criterion
    {}
      ^
  expected: a criterion""",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_text_that_does_not_parse(text, composer):
    """The message shows the text with a caret, and what is expected there."""
    with pytest.raises(ExpressionError) as caught:
        parse_criterion(text, composer)
    assert str(caught.value) == REFUSED[text].format(text)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("diverged | 2.5 epochs", 11),  # a fraction where an integer is wanted
        ("validation.loss epochs", 0),  # a word where an integer is wanted
        ("validation.loss plateau five", 24),
        ("validation.loss plateau 5 0.1 7", 30),  # a number where a word is wanted
        ("(validation.loss plateau) | diverged", 24),  # what is missing is missing at the end of the term
        ("validation.loss plateau 1 | diverged", 26),  # refused by the criterion as a whole
        ("(2 epochs) twice 3", 17),  # a number where a truth value is wanted
        ("diverged | (2 epochs) plateau 5", 11),  # a criterion where a word is wanted
        ("(2.5 epochs) twice", 1),  # what is inside is told alone
        ("validation.loss plateau five tenth", 24),  # of two faults the first
    ],
)
def test_a_setting_that_does_not_fit(text, column, composer):
    """The caret stands under the setting that the criterion refuses."""
    with pytest.raises(ExpressionError) as caught:
        parse_criterion(text, composer)
    assert caught.value.column == column
    assert isinstance(caught.value.__cause__ or caught.value, Exception)


def test_a_setting_of_the_wrong_type_is_reported_as_the_composer_reports_it(composer):
    """Component, setting, what was found and what is expected."""
    with pytest.raises(ExpressionError) as caught:
        parse_criterion("diverged | 2.5 epochs", composer)
    assert str(caught.value) == (
        "criteria 'epochs' (registered in this process), count: 2.5 is a float\n"
        "    diverged | 2.5 epochs\n"
        "               ^\n"
        "  expected: int"
    )


def test_a_plugin_that_fails_is_its_own_error():
    """Not the text is at fault then."""
    registry = ComponentRegistry(path=[])
    registry.register("criteria", "moon", unavailable)
    with pytest.raises(PluginUnavailableError) as caught:
        parse_criterion("moon", Composer(registry))
    assert str(caught.value) == "criteria 'moon' (sigma-moon 1.0): it needs a moon\n  to do:    wait"


scores = some.sampled_from(["validation.loss", "training.loss", "x", "a_1.b_2.c"])
numbers = some.floats(allow_nan=False, allow_infinity=False)
terms = some.one_of(
    some.builds(Epochs, some.integers()),
    some.builds(Threshold, scores, some.sampled_from([">", ">=", "<", "<="]), numbers),
    some.builds(Plateau, scores, some.integers(min_value=2), numbers, some.sampled_from(["auto", "minimum"])),
    some.just(Diverged()),
)
compositions = some.recursive(
    terms,
    lambda inner: some.one_of(
        some.builds(AllOf, some.lists(inner, min_size=2, max_size=3)),
        some.builds(AnyOf, some.lists(inner, min_size=2, max_size=3)),
        some.builds(lambda part: Not([part]), inner),
        some.builds(Twice, inner, some.booleans()),
    ),
    max_leaves=8,
)


@given(criterion=compositions)
def test_the_text_of_a_criterion_parses_back(criterion, composer):
    """Whatever it is composed of, and however that was put together."""
    assert parse_criterion(str(criterion), composer) == criterion


def test_several_faults_are_told_together(composer):
    """Criteria that are not there are all named; what does not parse is told last, since nothing is read after it."""
    with pytest.raises(FaultsError) as caught:
        parse_criterion("20 epoch | validation.loss platau 5 | ]", composer)

    assert [(fault.column, type(fault)) for fault in caught.value.faults] == [
        (3, ExpressionError),
        (27, ExpressionError),
        (38, ExpressionError),
    ]
    assert str(caught.value).startswith("criterion: 3 faults\n")
