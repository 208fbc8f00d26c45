"""Seconds: `90 seconds`."""

from attrs import frozen

from sigma_nn.criteria._time import TimeCriterion


@frozen
class Seconds(TimeCriterion):
    """Holds after so many seconds of running time, without pauses: `90 seconds`."""

    unit = "seconds"
    seconds = 1
