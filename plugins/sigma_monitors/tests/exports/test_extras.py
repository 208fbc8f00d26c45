"""What is said where the library is missing that an export needs: before the run, with the command that brings it."""

import re
import sys

import pytest

import sigma_core as sigma
from sigma_core.extend import PluginUnavailableError
from sigma_core.registry import snake_case


@pytest.mark.parametrize(
    ("monitor", "modules", "library", "found"),
    [
        (
            "mlflow",
            ("mlflow", "_mlflow_client"),
            "mlflow",
            (
                "monitor 'mlflow': it needs MLflow, which is not installed: .*\n"
                r"  expected: the optional dependency sigma-monitors\[mlflow\]"
            ),
        ),
        (
            "tensorboard",
            ("tensorboard", "_event_file", "_summaries"),
            "tensorboardX",
            r"monitors 'tensorboard' \(sigma-monitors 0\.1\.0\): it needs tensorboardX, which is not installed",
        ),
        (
            "wandb",
            ("wandb", "_wandb_service"),
            "wandb",
            r"monitors 'wandb' \(sigma-monitors 0\.1\.0\): it needs wandb, which is not installed",
        ),
    ],
    ids=["mlflow", "tensorboard", "wandb"],
)
def test_a_missing_library_is_named_with_its_extra(monkeypatch, monitor, modules, library, found):
    """A recipe with it is refused before anything is trained."""
    for module in modules:
        monkeypatch.delitem(sys.modules, f"sigma_monitors.exports.{module}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    for name in [name for name in sys.modules if name.startswith(f"{library}.")]:
        monkeypatch.delitem(sys.modules, name)
    with sigma.Environment() as environment, pytest.raises(PluginUnavailableError) as caught:
        environment.components.get("monitors", monitor)
    remedy = re.escape(f'\n  to do:    pip install "sigma-monitors[{monitor}]"')
    assert re.fullmatch(found + remedy, str(caught.value))


@pytest.mark.parametrize("monitor", ["csv", "json_lines", "mlflow", "prometheus", "tensorboard", "wandb"])
def test_failures_are_told_under_the_name_in_recipes(monitor):
    """It is made of that of the class."""
    with sigma.Environment() as environment:
        try:
            kind = environment.components.get("monitors", monitor)
        except PluginUnavailableError:
            pytest.skip(f"the extra {monitor} is not installed")
    assert snake_case(kind.__name__) == monitor
