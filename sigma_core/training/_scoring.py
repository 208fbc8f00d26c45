"""Scores of a whole pass over some data, exact whatever the size of its batches."""

from collections.abc import Mapping

import numpy as np

from sigma_core.data import Minibatches, Sections
from sigma_core.network import Network
from sigma_core.training._calls import calling, number
from sigma_core.training._metric import Metric, named_metrics
from sigma_core.training._operator import Team


def score(
    team: Team, network: Network, metrics: Mapping[str, Metric], sections: Sections, batch_size: int
) -> dict[str, float]:
    """`loss` and every metric over all records of `sections`; with several costs metrics are `<cost>.<metric>`.

    Sums are added up over batches in float64 and divided once, so that a smaller last batch weighs as much as it holds.
    """
    batches = Minibatches(sections, batch_size, sections=network.sections, shuffle=False)
    totals: dict[str, np.ndarray] = {}
    for batch in batches:
        for name, value in team.score(batch).items():
            totals[name] = totals[name] + value if name in totals else value
    scores = {"loss": float(totals.pop("loss")) / batches.records}
    for name, (_, metric) in named_metrics(network, metrics).items():
        start = f"{name}."
        parts = {key.removeprefix(start): value for key, value in totals.items() if key.startswith(start)}
        parts["count"] = np.array(float(batches.records))
        where = f"metric {name!r}"
        with calling(f"{where}, result"):
            result = metric.result(parts)
        scores[name] = number(where, result)
    return scores
