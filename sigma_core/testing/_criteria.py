"""The contract of criteria."""

from sigma_core.testing._schedules import after_json, moved_on, observed
from sigma_core.testing._subject import examined
from sigma_core.training import Criterion, parse_criterion


def check_criterion(criterion: Criterion, *, epochs: int = 6) -> None:
    """Hold a criterion to its contract, along a run of some epochs.

    Checked are that the state is JSON with a truth value `reached`, at first false, that a run goes on from it as
    without a break, and that an update leaves the old one as it is; the moment at which it looks; its reason and its
    text, which is read as the criterion where that is registered; settings, as a recipe writes them; docstrings. Raises
    AssertionError with what was checked, what was expected and what was found.
    """
    subject = examined("criteria", Criterion, criterion)
    criterion = subject.component
    subject.claim(criterion.moment in ("iteration", "epoch"), "moment", "iteration or epoch", repr(criterion.moment))
    text = str(criterion)
    subject.claim(bool(text) and "\n" not in text and "object at 0x" not in text, "text", "a line of text", repr(text))
    if subject.composer.registry.name_of(criterion) is not None:
        with subject.trying(f"text {text!r}", "that it is read as the criterion"):
            read = parse_criterion(text, subject.composer)
        subject.claim(read == criterion, f"text {text!r}", f"that it is read as {criterion!r}", repr(read))
    with subject.trying("initial"):
        state = criterion.initial()
    subject.claim(
        isinstance(state, dict) and state.get("reached") is False, "initial", "a state with reached: False", repr(state)
    )
    for epoch in range(epochs):
        observation = observed(criterion.requires, epoch)
        other = moved_on(subject, after_json(subject, state), observation)
        state = moved_on(subject, state, observation)
        subject.claim(state == other, "state from one that was read", repr(state), repr(other))
        subject.claim(
            isinstance(state.get("reached"), bool), "state after an update", "reached: True or False", repr(state)
        )
        with subject.trying("reason"):
            reason = criterion.reason(state)
        subject.claim(isinstance(reason, str) and bool(reason), "reason", "a text", repr(reason))
        following = criterion.next_iteration(observation.iteration)
        subject.claim(
            following > observation.iteration,
            f"next_iteration({observation.iteration})",
            f"an iteration after {observation.iteration}",
            repr(following),
        )
