"""Scores of a whole pass over some data, exact whatever the size of its batches."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sigma_core.data import Minibatches, Sections
from sigma_core.network import Network
from sigma_core.training._calls import calling, scored
from sigma_core.training._metric import Metric, named_metrics
from sigma_core.training._team import Team


def score(
    team: Team, network: Network, metrics: Mapping[str, Metric], sections: Sections, batch_size: int
) -> dict[str, Any]:
    """`loss` and every metric over all records of `sections`; with several costs metrics are `<cost>.<metric>`.

    Sums are added up over batches in float64 and divided once, so that a smaller last batch weighs as much as it holds.
    What a metric gathers is joined in the order of the records. Scores are numbers, or nested lists of them.
    """
    batches = Minibatches(sections, batch_size, sections=network.sections, shuffle=False)
    judging = named_metrics(network, metrics)
    gathered: dict[str, list[np.ndarray]] = {
        f"{name}.{part}": [] for name, (_, metric) in judging.items() for part in metric.gathered
    }
    totals: dict[str, np.ndarray] = {}
    for batch in batches:
        for name, value in team.score(batch).items():
            if name in gathered:
                gathered[name].append(value)
            else:
                totals[name] = totals[name] + value if name in totals else value
    scores: dict[str, Any] = {"loss": float(totals.pop("loss")) / batches.records}
    for name, (_, metric) in judging.items():
        start, where = f"{name}.", f"metric {name!r}"
        parts = {key.removeprefix(start): value for key, value in totals.items() if key.startswith(start)}
        parts["count"] = np.array(float(batches.records))
        with calling(f"{where}, gathered"):
            # A part may be missing, such as that of a mask where there is none.
            joined = {part: gathered[f"{start}{part}"] for part in metric.gathered}
            parts |= {part: np.concatenate(values) for part, values in joined.items() if values}
        with calling(f"{where}, result"):
            result = metric.result(parts)
        scores[name] = scored(where, result, is_number=metric.is_number)
    return scores
