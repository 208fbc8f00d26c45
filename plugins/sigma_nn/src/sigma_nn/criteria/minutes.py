"""Minutes: `10 minutes`."""

from attrs import frozen

from sigma_nn.criteria._time import TimeCriterion


@frozen
class Minutes(TimeCriterion):
    """Holds after so many minutes of running time, without pauses: `10 minutes`."""

    unit = "minutes"
    seconds = 60
