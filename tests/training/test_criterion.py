"""Combinations of criteria: `&`, `|`, `~`."""

import pytest
from attrs import frozen

from sigma_core.errors import SettingError
from sigma_core.training._criterion import AllOf, AnyOf, Criterion, Not, Observation


@frozen
class After(Criterion):
    """Holds after so many of its moments."""

    count: int
    moment: str = "epoch"
    requires: tuple = ()

    def update(self, state, observation):
        return {**state, "reached": getattr(observation, self.moment) >= self.count}

    def reason(self, state):
        return str(self)

    def next_iteration(self, iteration):
        return max(self.count, iteration + 1)

    def last_iteration(self, iterations_per_epoch):
        return self.count * (iterations_per_epoch if self.moment == "epoch" else 1)

    def __str__(self):
        return f"{self.count} {self.moment}s"


@frozen
class Never(After):
    """Nobody knows when it will hold."""

    def last_iteration(self, iterations_per_epoch):
        return None


A, B, C = After(1), After(2), After(3)
SOON = After(15, "iteration")


def at(epoch):
    return Observation(iteration=10 * epoch, epoch=epoch, seconds=0.0, scores={})


def reached(criterion, epochs):
    state, results = criterion.initial(), []
    for epoch in range(1, epochs + 1):
        state = criterion.update(state, at(epoch))
        results.append(state["reached"])
    return results


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (A & C, [False, False, True, True]),
        (B | C, [False, True, True, True]),
        (~B, [True, False, False, False]),
        (A & ~C, [True, True, False, False]),
        (~(A | C) | B, [False, True, True, True]),
    ],
    ids=str,
)
def test_what_combinations_hold(criterion, expected):
    """As logic has it."""
    assert reached(criterion, 4) == expected


def test_operators_join_without_nesting():
    """`a & b & c` has three parts, in whatever order it was put together."""
    assert (A & B) & C == A & (B & C) == AllOf([A, B, C])
    assert (A | B) | C == A | (B | C) == AnyOf([A, B, C])
    assert AnyOf([A, AllOf([B, C])]) == A | B & C


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        (A & B | C, "1 epochs & 2 epochs | 3 epochs"),
        (A & (B | C), "1 epochs & (2 epochs | 3 epochs)"),
        (AllOf([AllOf([A, B]), C]), "(1 epochs & 2 epochs) & 3 epochs"),
        (AnyOf([A, AnyOf([B, C])]), "1 epochs | (2 epochs | 3 epochs)"),
        (~A & ~(B & C), "~1 epochs & ~(2 epochs & 3 epochs)"),
        (~~A, "~~1 epochs"),
    ],
)
def test_text_form(criterion, text):
    """Parentheses stand where the text would mean something else without."""
    assert str(criterion) == text


def test_reasons_name_the_parts_that_hold():
    """Of an alternative only what has come true."""
    state = (A & B | C).initial()
    for epoch in (1, 2):
        state = (A & B | C).update(state, at(epoch))
    assert (A & B | C).reason(state) == "1 epochs & 2 epochs"
    assert (~C).reason((~C).initial()) == "~3 epochs"


def test_parts_look_at_their_own_moments():
    """A part that looks at epochs is not asked after an iteration."""
    criterion = SOON | B
    state = criterion.step(criterion.initial(), Observation(12, 5, 0.0, {}), "iteration")
    assert [part["reached"] for part in state["parts"]] == [False, False]
    state = criterion.step(state, Observation(12, 5, 0.0, {}), "epoch")
    assert [part["reached"] for part in state["parts"]] == [False, True]
    assert B.step(B.initial(), at(3), "iteration") == B.initial()
    assert criterion.moments == {"iteration", "epoch"}
    assert (criterion.moment, (A | B).moment) == ("iteration", "epoch")


def test_the_next_iteration_worth_a_look():
    """The earliest of the parts; a negation may hold at any."""
    assert (SOON | After(20, "iteration") | B).next_iteration(3) == 15
    assert (SOON & B).next_iteration(20) == 21
    assert (~SOON & B).next_iteration(3) == 4


def test_a_criterion_that_knows_no_better_looks_at_every_iteration():
    """And its last iteration is not known beforehand."""
    assert Criterion.next_iteration(A, 7) == 8
    assert Criterion.last_iteration(A, 10) is None


def test_the_last_iteration_where_it_is_known():
    """A conjunction ends with its last part, an alternative with its first; an unknown one spoils a conjunction."""
    assert (A & C).last_iteration(10) == 30
    assert (A | C).last_iteration(10) == 10
    assert (A & Never(1)).last_iteration(10) is None
    assert (A | Never(1)).last_iteration(10) == 10
    assert (Never(1) | Never(2)).last_iteration(10) is None
    assert (~A).last_iteration(10) is None


def test_requirements_are_those_of_all_parts():
    """Each once."""
    loss, accuracy = After(1, requires=("loss",)), After(2, requires=("accuracy", "loss"))
    assert (loss & ~accuracy).requires == ("loss", "accuracy")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AllOf([A]), "AllOf.parts: 1 criteria\n  expected: at least 2"),
        (lambda: AnyOf([]), "AnyOf.parts: 0 criteria\n  expected: at least 2"),
        (lambda: Not([A, B]), "Not.parts: 2 criteria\n  expected: 1"),
    ],
)
def test_a_combination_of_nothing_is_refused(make, message):
    """It would hold always, or never."""
    with pytest.raises(SettingError) as caught:
        make()
    assert str(caught.value) == message
