"""Text that a network writes: one character or word after the other, each drawn as probable as the network says."""

import re
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

from sigma_core.extend import Array, SettingError, ShapeError, UserError, fields, listed

# As texts are cut into words where they are read: runs of letters and digits, or single marks of punctuation.
_WORD = re.compile(r"\w+|[^\w\s]")
# What a text begins with is shown in messages, so many characters of it.
_SHOWN = 20


def sample_text(  # noqa: PLR0913, PLR0917  # what a text depends on
    predict: Callable[[list[list[str]]], Any],
    vocabulary: Iterable[str],
    prompt: str,
    length: int,
    temperature: float = 1.0,
    seed: int = 0,
    *,
    window: int | None = None,
) -> str:
    """The prompt, and `length` characters that a network writes on; words, where the vocabulary has some.

    `predict` takes a record of texts, (1, time), as `Trainer.predict` does, and gives the probabilities of what comes
    behind each of them, (1, time, classes), or behind the last, (1, classes). `vocabulary` has the text of each class,
    an empty one for what is unknown, which is never written. The network sees the last `window` texts, by default all;
    where there are fewer yet, the record is filled up behind them, where a network that reads from left to right does
    not look, or, where one answer comes for all, before them.

    At a `temperature` of 1 texts are drawn as probable as they are, at a lower one probable ones more often, and at 0
    always the most probable. The same seed gives the same text. Raises SettingError for a prompt without a text or with
    one that the vocabulary does not have, and for numbers out of range; ShapeError for predictions of another shape;
    UserError where the network predicts what is no number.
    """
    texts = [str(text) for text in vocabulary]
    _check(length, temperature, seed, window)
    written = tokens(prompt, texts)
    begun = len(written)
    random = np.random.default_rng(seed)
    for count in range(length):
        chances = _chances(predict, written, texts, window)
        if "" in texts:
            chances[texts.index("")] = 0
        if not np.isfinite(chances).all() or not chances.max() > 0:
            raise UserError(
                "sample_text",
                f"what comes as number {count + 1} behind {prompt[:_SHOWN]!r} has no probabilities",
                "finite numbers from 0, of which one is more",
                "look whether the training has diverged",
            )
        written.append(texts[_drawn(chances, temperature, random)])
    return prompt + _joined(written[begun:], texts)


def vocabulary_of(data: Any) -> tuple[str, ...]:
    """The texts that stand for the whole numbers of prepared data, in their order; empty where it holds none.

    `data` is that of a trainer. They are what `vocabulary`, or else another preprocessor with texts as classes, learnt.
    """
    return next((tuple(classes.tolist()) for classes in data.classes.values() if classes.dtype.kind == "U"), ())


def tokens(prompt: str, texts: Sequence[str]) -> list[str]:
    """What a prompt is made of, as the vocabulary has it: characters or words. Raises SettingError for other texts."""
    found = _WORD.findall(prompt) if _has_words(texts) else list(prompt)
    if not found:
        raise SettingError("sample_text, prompt", repr(prompt), "a text to go on from", "give at least one character")
    unknown = next((text for text in found if text not in texts), None)
    if unknown is not None and "" not in texts:
        raise SettingError(
            "sample_text, prompt",
            f"{unknown!r}, which the vocabulary does not have",
            listed([repr(text) for text in texts]),
            "write it with these",
        )
    return found


def _check(length: Any, temperature: Any, seed: Any, window: Any) -> None:
    for name, value, least in (("length", length, 0), ("seed", seed, 0), ("window", window, 1)):
        if not (name == "window" and value is None) and not (fields.is_plain(value, Integral) and value >= least):
            raise SettingError(f"sample_text, {name}", repr(value), f"an integer of at least {least}")
    if not fields.is_plain(temperature, Real) or not isfinite(temperature) or temperature < 0:
        raise SettingError("sample_text, temperature", repr(temperature), "a finite number of at least 0")


def _has_words(texts: Sequence[str]) -> bool:
    return any(len(text) > 1 for text in texts)


def _joined(written: Sequence[str], texts: Sequence[str]) -> str:
    if not _has_words(texts):
        return "".join(written)
    # No space before a mark of punctuation.
    return "".join(f" {text}" if _WORD.fullmatch(text) and text[0].isalnum() else text for text in written)


def _chances(
    predict: Callable[[list[list[str]]], Any], written: list[str], texts: list[str], window: int | None
) -> Array:
    """What the network says of what comes next, (classes,)."""
    seen = written if window is None else written[-window:]
    missing = [texts[-1]] * (0 if window is None else window - len(seen))
    found = np.array(predict([[*seen, *missing]]), np.float64)
    if found.ndim == 2 and missing:
        found = np.array(predict([[*missing, *seen]]), np.float64)
    if found.shape not in ((1, len(texts)), (1, len(seen) + len(missing), len(texts))):
        raise ShapeError(
            "sample_text",
            f"predictions of shape {found.shape} for {len(seen) + len(missing)} texts and a vocabulary of {len(texts)}",
            f"probabilities, (1, {len(seen) + len(missing)}, {len(texts)}) or (1, {len(texts)})",
            "use it with a network that predicts what comes next",
        )
    chances: Array = found[0] if found.ndim == 2 else found[0, len(seen) - 1]
    return chances


def _drawn(chances: Array, temperature: float, random: np.random.Generator) -> int:
    if temperature == 0:
        return int(np.argmax(chances))
    with np.errstate(divide="ignore", over="ignore"):
        # Of logarithms, because small numbers to a high power are nothing.
        logarithms = np.log(chances.clip(min=0))
        shares = np.exp((logarithms - logarithms.max()) / temperature)
    return int(random.choice(len(shares), p=shares / shares.sum()))
