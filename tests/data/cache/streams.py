"""A dataset for processes that share a cache."""

import hashlib
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.data import Dataset, Preprocessor


@frozen
class Halved(Preprocessor):
    """Half of it."""

    def apply(self, array, state):
        return array / 2


@frozen
class Stream(Dataset):
    """Blocks of numbers; each time that they are read a line is added to `journal`."""

    journal: str
    blocks_of_records: int = 4
    content: str = "1"

    def load(self, environment):
        raise NotImplementedError

    def blocks(self, environment, records=None):
        with Path(self.journal).open("a", encoding="utf-8") as file:
            file.write("read\n")
        for number in range(self.blocks_of_records):
            if number:
                time.sleep(environment.pause)
            yield {"inputs": np.full((1000, 8), float(number) + len(self.content))}

    def fingerprint(self, environment):
        return self.content


def environment(folder, log=None, pause=0.0):
    """What a dataset needs of one, and seconds before each block but the first."""
    return SimpleNamespace(paths=SimpleNamespace(cache=Path(folder)), log=log, pause=pause)


def checksum(data):
    return hashlib.sha256(np.ascontiguousarray(data.training["inputs"])).hexdigest()


def main(cache, journal, pause, blocks, *further):
    """Prepare and print a checksum, or what went wrong."""
    dataset = Stream(journal, int(blocks), cache="disk", preprocess={"inputs": (Halved(),)}, split=(0.5, 0.5))
    data = dataset.prepare(environment(cache, pause=float(pause)), 1)
    sys.stdout.write(f"{checksum(data)}\n")
    sys.stdout.flush()
    if "hold" in further:
        time.sleep(600)
