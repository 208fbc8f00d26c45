"""Text samples: what a language model writes, now and then."""

from collections.abc import Mapping
from math import prod
from typing import Any, ClassVar

import numpy as np
from attrs import define, field

from sigma_core.extend import Array, Registry, SettingError, UserError
from sigma_nn._sampling import sample_text, tokens, vocabulary_of
from sigma_nn._settings import integer, number
from sigma_nn.hooks._background import BackgroundHook
from sigma_nn.hooks._forward import Forward, predicting


@define(eq=False)
class TextSamples(BackgroundHook):
    """Have the network write `length` characters, or words, on from `prompt`, and publish them as `text`.

    For networks that predict what comes next in texts which a `vocabulary` numbers, as those of `text_corpus`. What
    comes next is drawn as probable as the network says at a `temperature` of 1, from probable ones more often at a
    lower one, and at 0 always the most probable. The same `seed` is taken each time, so what differs from text to text
    is what has been learnt. It is written in the background with a copy of the parameters and changes nothing. Raises
    SettingError for other networks, and for a prompt with what the vocabulary does not have.
    """

    source: ClassVar[str] = "text_samples"

    prompt: str
    length: int = integer(default=200, at_least=1)
    temperature: float = number(default=1.0, at_least=0)
    seed: int = integer(default=0, at_least=0)

    _forward: Forward = field(init=False, factory=Forward, repr=False)

    @property
    def required(self) -> tuple[str, ...]:
        """All parameters."""
        return ("network.**",)

    def check(self, trainer: Any) -> None:
        """Raise what is told above."""
        network, data = trainer.network, trainer.data
        vocabulary = vocabulary_of(data)
        sections, ends = network.input_sections, predicting(network)
        is_one = len(sections) == len(ends) == 1 and len(data.shapes[sections[0]]) == 1
        if not vocabulary or not is_one or _classes(network, ends[0]) != len(vocabulary):
            raise SettingError(
                "TextSamples",
                "this network predicts no text",
                "one section of inputs that a vocabulary numbers, and a prediction of which of its texts comes next",
                "use it with a text, such as the dataset text_corpus",
            )
        tokens(self.prompt, vocabulary)

    def found(self, event: Any, trainer: Any, snapshot: Registry) -> Mapping[str, Any]:
        """The prompt, and the text that begins with it."""
        network, data = trainer.network, trainer.data
        (section,) = network.input_sections
        (end,) = predicting(network)

        def predict(records: list[list[str]]) -> Array:
            inputs = data.preprocess({section: np.array(records)}, "TextSamples")[section].astype(data.dtypes[section])
            return self._forward(network, {section: inputs}, snapshot, (end,))[end]

        try:
            text = sample_text(
                predict,
                vocabulary_of(data),
                self.prompt,
                self.length,
                self.temperature,
                self.seed,
                window=data.shapes[section][0],
            )
        except UserError as error:
            # The training is not to end because its network has nothing to say.
            trainer.environment.log.warning("no text was written", reason=str(error))
            return {}
        return {"text": text, "prompt": self.prompt}


def _classes(network: Any, name: str) -> int:
    """How many classes what is predicted has."""
    placed = network[name]
    shape = network[placed.inputs[0]].shape if name in [each.name for each in network.costs] else placed.shape
    return int(shape[-1]) if prod(shape) else 0
