"""Recall: the share of what is there that was found."""

from attrs import frozen

from sigma_nn.metrics._counts import ClassMetric, Numbers, ratio


@frozen
class Recall(ClassMetric):
    """The share of the occurrences of a class that were guessed.

    Predictions are (batch, ..., classes), of which the most probable is the guess; targets are integer classes (batch,
    ...) or one-hot rows. Of several classes it is the `average`: "macro", the mean over the classes that occur among
    guesses or targets; "weighted", the same weighted by how often they are right; "micro", of all answers together.
    For predictions of one number, (batch, ..., 1) or (batch,), it is that of a yes, which is a number above 0.5. With
    a `threshold`, each number of a row answers a question of its own, a yes above it, and all questions are averaged.
    Raises ShapeError for targets of another shape.
    """

    def share(self, right: Numbers, guessed: Numbers, actual: Numbers) -> Numbers:
        """Right guesses by occurrences. Each is (classes,)."""
        return ratio(right, actual)
