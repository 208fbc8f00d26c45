"""What the network of a run says: the run itself is asked while it goes on, its newest checkpoint after that."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field, frozen

from sigma_core import Environment, load_trained
from sigma_core.extend import DataError, SigmaError, send_command, summary
from sigma_monitors.dashboard._recording import Recording

_MOST = 3
"""Networks that are held at the same time, of runs that have ended."""


@frozen
class Classifier:
    """A network with one input that tells classes apart: as far as its run describes it."""

    section: str
    """The one with its inputs."""
    shape: tuple[int, ...]
    """Of a record of these."""
    dtype: str
    cost: str
    """The layer that scores the classes."""
    classes: tuple[str, ...]
    """What they are called, in the order of the outputs."""

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "Classifier | None":
        """That of a run, by what it says of itself; None where it is none."""
        layers = {layer["name"]: layer for layer in described.get("network", {}).get("layers", ())}
        inputs = [layer for layer in layers.values() if layer["kind"] == "Input"]
        if len(inputs) != 1 or len(inputs[0]["sections"]) != 1:
            return None
        (section,) = inputs[0]["sections"]
        sections = described.get("data", {}).get("training", {}).get("sections", {})
        for layer in layers.values():
            if layer["kind"] == "Input" or not layer["sections"] or not layer["inputs"]:
                continue
            shape = layers.get(layer["inputs"][0], {}).get("shape") or ()
            labels = sections.get(layer["sections"][0], {}).get("labels")
            if len(shape) == 1 and shape[0] > 1 and labels is not None and len(labels) == shape[0]:
                dtype = sections.get(section, {}).get("dtype", inputs[0]["dtype"])
                return cls(section, tuple(inputs[0]["shape"]), dtype, layer["name"], tuple(labels))
        return None


@define(eq=False)
class Networks:
    """What networks of runs say. Those of runs that have ended are held, each until its run has another checkpoint.

    For several threads.
    """

    environment: Environment
    """What is installed, of which networks are made."""
    _held: OrderedDict[Path, tuple[object, Any]] = field(factory=OrderedDict, init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False)

    def of(self, directory: Path) -> Any:
        """That of a run, by its newest checkpoint. Raises SigmaError where it cannot be made."""
        with self._lock:
            mark = _mark(directory)
            found = self._held.get(directory)
            if found is None or found[0] != mark:
                found = (mark, load_trained(directory, environment=self.environment))
                self._held[directory] = found
            self._held.move_to_end(directory)
            while len(self._held) > _MOST:
                self._held.popitem(last=False)
            return found[1]

    def predicted(self, run: Recording, inputs: Any) -> Any:
        """What that of a run says of raw records: an array, or one for each cost by name. A run may take its time.

        Raises SigmaError with the reason where it says nothing.
        """
        if goes_on(run):
            try:
                return _arrays(send_command(run.directory, {"command": "predict", "inputs": inputs})["result"])
            except SigmaError:
                # It may have ended just now, and then its checkpoint tells.
                if summary(run.directory).goes_on:
                    raise
        return self.of(run.directory).predict(inputs)

    def probabilities(self, run: Recording, network: Classifier, record: np.ndarray) -> np.ndarray:
        """What that of a run says of one raw record, a number for each class.

        What preprocessors take is not known, so the record is given flat at first, then in the shape of the inputs.
        """
        try:
            found = self.predicted(run, record.reshape(1, -1))
        except DataError:
            if len(network.shape) == 1:
                raise
            found = self.predicted(run, record.reshape(1, *network.shape))
        if isinstance(found, Mapping):
            found = found[network.cost]
        return np.asarray(found, np.float64)[0]


def goes_on(run: Recording) -> bool:
    """Whether it takes commands, as far as is known."""
    return run.summary is not None and run.summary.goes_on


def _arrays(told: Any) -> Any:
    return {name: np.asarray(value) for name, value in told.items()} if isinstance(told, dict) else np.asarray(told)


def _mark(directory: Path) -> object:
    """Changes with each checkpoint that is written."""
    return sorted(
        (str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in directory.glob("checkpoints/*/*.json")
    )
