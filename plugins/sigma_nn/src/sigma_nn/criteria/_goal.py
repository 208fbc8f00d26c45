"""Whether a score is better when it is larger."""

GOALS = ("auto", "minimum", "maximum")
_LARGER_IS_BETTER = ("accuracy", "precision", "recall", "f1", "auc")


def seeks_maximum(goal: str, identifier: str) -> bool:
    """What the goal says; for `auto`, whether the last word of the identifier is a score of success."""
    if goal != "auto":
        return goal == "maximum"
    words = identifier.rpartition(".")[2].split("_")
    return any(word in _LARGER_IS_BETTER for word in words)
