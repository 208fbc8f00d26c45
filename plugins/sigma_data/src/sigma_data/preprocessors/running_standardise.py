"""Give values mean 0 and deviation 1, with moments that follow data that grows."""

from collections.abc import Iterable

from attrs import frozen

from sigma_core.extend import Array, FittedState, fields
from sigma_data.preprocessors._moments import Moments
from sigma_data.preprocessors.standardise import Standardise


@frozen
class RunningStandardise(Standardise):
    """As `Standardise`, of data that grows: mean and deviation go on with the records that come.

    With a `half_life` they follow data that drifts: records count half as much as those that came so many later.
    """

    half_life: float | None = fields.number(default=None, above=0)
    """In records; without it, all count alike."""

    def fit(self, blocks: Iterable[Array]) -> FittedState:
        """`mean` and `deviation`, as `Standardise` has them, and what is needed to go on."""
        return self._after(Moments(self.per_feature, self.half_life), blocks)

    def update(self, state: FittedState, blocks: Iterable[Array]) -> FittedState:
        """The same, of what was seen before and of these."""
        return self._after(Moments(self.per_feature, self.half_life).restore(state), blocks)

    @staticmethod
    def _after(moments: Moments, blocks: Iterable[Array]) -> FittedState:
        for block in blocks:
            moments.add(block)
        return {"mean": moments.mean, "deviation": moments.deviation, **moments.state()}
