"""Pages of a forum, written as HTML, and a network that tells what a message is about, however it is marked up.

To run it: `python examples/pages.py`; `--epochs 1 --records 60` for a quick look. It needs selectolax
(`pip install 'sigma-data[html]'`).
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sigma_data import HTML, Categories, Extracted, Pad, Tokens, Vocabulary
from sigma_nn import Adam, Dense, Embedding, GlobalAveragePooling, Input, SoftmaxCrossEntropy

import sigma_core as sigma

WORDS = {
    "cooking": "the oven is hot, stir butter and flour, salt the soup, bake the bread, taste it",
    "gardening": "the soil is dry, water the roses, plant seeds in spring, cut the hedge, rake the leaves",
    "chess": "the king is safe, castle early, trade the rooks, push the pawn, mate in the end",
}
COMMON = "today I think we should ask how to do this well and what comes next"
LENGTH = 24


def message(topic: str, random: np.random.Generator) -> str:
    """Words of the topic among common ones, some of them marked up, in lines."""
    own = random.choice(WORDS[topic].replace(",", "").split(), random.integers(2, 6))
    words = random.permutation([*own, *random.choice(COMMON.split(), random.integers(5, 15))])
    marks = random.choice(["{}", "{}", "{}", "<b>{}</b>", "<em>{}</em>", "{}<br>"], len(words))
    return " ".join(mark.format(word) for mark, word in zip(marks, words, strict=True))


def write(folder: Path, records: int, random: np.random.Generator) -> None:
    """So many messages, twenty to a page, each with its topic as a link, and a script that is no text."""
    folder.mkdir()
    for number, first in enumerate(range(0, records, 20)):
        page = ["<!DOCTYPE html><html><head><title>Forum</title><meta charset='utf-8'></head><body>"]
        for topic in random.choice(list(WORDS), min(20, records - first)):
            text = message(topic, random)
            page.append(
                f"<article><a class='topic' href='/{topic}'>more</a><script>count()</script><p>{text}</p></article>"
            )
        (folder / f"{number:03}.html").write_text("\n".join([*page, "</body></html>"]), encoding="utf-8")


def main() -> None:
    """Write pages, train on them, and ask about two sentences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--records", type=int, default=1200)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        pages = Path(folder) / "forum"
        write(pages, arguments.records, np.random.default_rng(1))
        # The topic is where the link leads; the text comes without marks, and without the script.
        found = HTML(f"{pages}/*.html", {"inputs": "p", "targets": "a.topic@href"}, each="article")
        words = (Vocabulary(("inputs",), size=200, unknown=True), Pad(length=LENGTH, longer="cut"))
        chain = {"inputs": Tokens(lowercase=True), "targets": Categories(), "*": words}
        data = Extracted(found, split=(0.8, 0.2), preprocess=chain)
        network = (
            Input(LENGTH, dtype="integer")
            + Embedding(200, 16)
            + GlobalAveragePooling(mask="mask")
            + Dense(len(WORDS))
            + SoftmaxCrossEntropy()
        )
        trainer = sigma.Trainer(network, data, Adam(1e-2), f"{arguments.epochs} epochs", batch_size=32, seed=1)
        run = trainer.run(monitors=["console"])
    print(f"validation accuracy {run.scores['validation.accuracy']:.1%}")
    topics = sorted(WORDS)
    for text in ("How do I bake bread today?", "Should we trade rooks early?"):
        print(f"{text} is about {topics[trainer.predict({'inputs': np.array([text])}).argmax()]}")


if __name__ == "__main__":
    main()
