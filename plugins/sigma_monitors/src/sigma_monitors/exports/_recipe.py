"""The recipe of a run, as its text and as hyperparameters by place."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from sigma_core.extend import RunDescribed, RunInfo

# What says how a run is looked at, kept and called, which is no hyperparameter.
_LEFT_OUT = frozenset({"budgets", "checkpoint", "hooks", "metrics", "monitors", "name", "prefetch", "profile"})


@frozen
class GivenRecipe:
    """What a run was made of: `text` is its recipe, empty where it has none, as a trainer made of arrays.

    `settings` are numbers, switches and words by place, such as `optimiser.learning_rate` and `network.1.size`; that of
    a component alone is its name.
    """

    text: str
    settings: Mapping[str, float | int | str | bool]

    def with_described(self, described: RunDescribed) -> "GivenRecipe":
        """With the values of all that can be set while the run goes on, those that the recipe leaves out among them."""
        values = {each["identifier"]: each["value"] for each in described.settings}
        found = {name: value for name, value in values.items() if isinstance(value, bool | int | float | str)}
        return GivenRecipe(self.text, {**self.settings, **found})

    @classmethod
    def of(cls, run: RunInfo) -> "GivenRecipe":
        """That of the run's directory, which every run has that is kept."""
        try:
            text = Path(run.directory or "", "recipe.toml").read_text("utf-8") if run.directory else ""
            values = tomllib.loads(text)
        except (OSError, ValueError):
            # Nobody is helped by ending an export for it.
            return cls("", {})
        if not values:
            return cls("", {})
        return cls(text, dict(_flat("", {key: value for key, value in values.items() if key not in _LEFT_OUT})))


def _flat(place: str, value: Any) -> Iterator[tuple[str, float | int | str | bool]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            inner = key if not place else place if key == "use" else f"{place}.{key}"
            yield from _flat(inner, each)
    elif isinstance(value, list) and any(isinstance(each, Mapping | list) for each in value):
        for number, each in enumerate(value):
            yield from _flat(f"{place}.{number}", each)
    elif isinstance(value, list):
        yield place, ", ".join(map(str, value))
    else:
        yield place, value if isinstance(value, bool | int | float | str) else str(value)
