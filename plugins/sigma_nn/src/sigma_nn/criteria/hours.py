"""Hours: `2 hours`."""

from attrs import frozen

from sigma_nn.criteria._time import TimeCriterion


@frozen
class Hours(TimeCriterion):
    """Holds after so many hours of running time, without pauses: `2 hours`."""

    unit = "hours"
    seconds = 3600
