"""A network with two inputs: whether two pictures show the same digit, by one encoder that looks at both.

To run it: `python examples/two_inputs.py`; `--epochs 1 --records 256` for a quick look.
"""

import argparse
from typing import Any

import numpy as np
from attrs import frozen
from sigma_data import Digits
from sigma_nn import (
    Adam,
    BinaryCrossEntropy,
    Concatenate,
    Dense,
    Dropout,
    Input,
    Multiply,
    OneCycleSchedule,
)

import sigma_core as sigma
from sigma_core.extend import Dataset, Sections


@frozen
class DigitPairs(Dataset):
    """Pairs of digits, first and second (64,); targets (1,) are 1 where both show the same one, half of the time.

    Every fifth picture is kept for the pairs that validate, so that what is asked about was never seen.
    """

    records: int = 20000

    def load(self, environment: Any) -> Sections:
        """The pairs to train on."""
        return self._pairs(environment, self.records, kept=False)

    def load_validation(self, environment: Any) -> dict[str, Sections]:
        """2,000 pairs of other pictures."""
        return {"validation": self._pairs(environment, 2000, kept=True)}

    def _pairs(self, environment: Any, records: int, *, kept: bool) -> Sections:
        digits = Digits().load(environment)
        chosen = (np.arange(len(digits["inputs"])) % 5 == 0) == kept
        pictures, labels = digits["inputs"][chosen], digits["targets"][chosen]
        random = np.random.default_rng(0)
        first = random.integers(0, len(labels), records)
        # The second shows either the same digit or one that is 1 to 9 further on.
        is_same = random.random(records) < 0.5
        wanted = (labels[first] + np.where(is_same, 0, random.integers(1, 10, records))) % 10
        second = np.empty_like(first)
        for digit in range(10):
            places = wanted == digit
            second[places] = random.choice(np.flatnonzero(labels == digit), places.sum())
        return {"first": pictures[first], "second": pictures[second], "targets": is_same.astype(np.int64)[:, None]}


def main() -> None:
    """Train, look at the network in its forms, ask about pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--records", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    # Called twice, it has its parameters once: what it learns from one input it knows of the other.
    encoder = (Dense(128, activation="relu") + Dropout(0.2) + Dense(64)).as_layer("encoder")
    first, second = (
        encoder(Input(64, section="first", name="first")),
        encoder(Input(64, section="second", name="second")),
    )
    merged = Concatenate()(first, second, Multiply()(first, second))
    hidden = (Dense(128, activation="relu") + Dropout(0.2))(merged)
    network = BinaryCrossEntropy()(Dense(1)(hidden))

    environment = sigma.Environment()
    environment.register("datasets", "digit_pairs", DigitPairs)
    trainer = sigma.Trainer(
        network,
        data=DigitPairs(arguments.records),
        optimiser=Adam(3e-3),
        schedules={"optimiser.learning_rate": OneCycleSchedule()},
        stop=f"{arguments.epochs} epochs",
        batch_size=64,
        seed=arguments.seed,
        environment=environment,
    )
    print(trainer.network.summary(), trainer.recipe().to_toml(), sep="\n\n")
    run = trainer.run(monitors=["console"])

    pairs = trainer.data.validation["validation"]
    answers = trainer.predict({name: pairs[name][:6] for name in ("first", "second")})
    for answer, target in zip(answers[:, 0], pairs["targets"][:6, 0], strict=True):
        print(f"the same with probability {answer:.3f}: {'yes' if target else 'no'}")
    print(f"accuracy over pairs of pictures never seen: {run.scores['validation.accuracy']:.1%}")


if __name__ == "__main__":
    main()
