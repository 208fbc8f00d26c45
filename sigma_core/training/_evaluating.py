"""What a trainer says of data: predictions and scores, from any thread."""

from abc import abstractmethod
from typing import Any

import numpy as np

from sigma_core.data import Sections, records_of
from sigma_core.environment import Environment
from sigma_core.training._calls import calling
from sigma_core.training._inputs import input_arrays, records_to_score
from sigma_core.training._parts import Parts
from sigma_core.training._questions import Asked
from sigma_core.training._scoring import score


class Evaluating(Asked):
    """What can be asked of a network that is being trained; a run answers before its next iteration."""

    environment: Environment

    @property
    @abstractmethod
    def parts(self) -> Parts:
        """Everything that is built."""

    def predict(self, inputs: Any) -> Any:
        """What the network says about raw inputs, treated as the training data was.

        `inputs` is an array of shape (records, ...), or a mapping of arrays by section where there are several.
        Returns an array, or a dictionary by name of the cost where there are several. Raises DataError for inputs that
        the network does not take.
        """
        arrays = input_arrays(self.parts.network, self.parts.data, inputs)
        found = self._asked(lambda: self.parts.team.predict(arrays))
        return next(iter(found.values())) if len(found) == 1 else found

    def predicted(self, inputs: Any) -> Any:
        """As `predict`, at a command and in the run's own thread: some records at a time, in little memory.

        Whatever goes wrong is somebody else's question gone wrong, and no reason for the run to end: it is raised as
        DataError or PluginFailedError.
        """
        with calling("predict"):
            arrays = input_arrays(self.parts.network, self.parts.data, inputs)
            records, size = records_of(arrays), max(self.setup.batch_size, 256)
            parts = [
                self.parts.team.predict({name: array[start : start + size] for name, array in arrays.items()})
                for start in range(0, max(records, 1), size)
            ]
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return next(iter(found.values())) if len(found) == 1 else found

    def evaluate(self, data: Any = "validation") -> dict[str, Any]:
        """`loss` and metrics over named validation data, over `training`, or over raw sections that are given.

        A score is a float, or nested lists of floats where a metric gives an array.
        """
        return self.score(records_to_score(self.parts.data, data, self.environment, self.setup.dtype))

    def score(self, sections: Sections) -> dict[str, Any]:
        """`loss` and metrics over sections that are prepared already."""
        size = max(self.setup.batch_size, 256)
        return self._asked(lambda: score(self.parts.team, self.parts.network, self.setup.metrics, sections, size))
