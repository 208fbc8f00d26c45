"""MLflow's client, imported when the monitor is first asked for, since that takes seconds."""

import logging
import os

from sigma_core.extend import PluginUnavailableError

# A training is nobody's business unless its owner says so; whoever wants MLflow to report sets it to false.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

try:
    from mlflow.entities import Experiment, Metric, Param
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient
except ImportError as error:
    raise PluginUnavailableError(
        "monitor 'mlflow'",
        f"it needs MLflow, which is not installed: {error}",
        "the optional dependency sigma-monitors[mlflow]",
        'pip install "sigma-monitors[mlflow]"',
    ) from error

# It tells each table that it makes, in the middle of the console's picture.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)

__all__ = ["Experiment", "Metric", "MlflowClient", "MlflowException", "Param"]
