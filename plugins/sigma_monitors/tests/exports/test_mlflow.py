"""MLflow: what its own client reads back from a database on the disk."""

import io
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from sigma_core.extend import RunDescribed, RunEnded, RunFailed, RunInfo, RunInterrupted, RunReset

pytest.importorskip("mlflow", reason="MLflow is not installed: uv sync --group exports")
pytestmark = [
    # Of MLflow itself, with the newest SQLAlchemy.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
]

from mlflow.tracking import MlflowClient  # noqa: E402
from sigma_monitors.exports.mlflow import Mlflow  # noqa: E402


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A database without runs, which takes MLflow seconds to make."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def store(empty, tmp_path, monkeypatch):
    """A database of its own, and a folder for files beside it."""
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(empty, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def client(store):
    return MlflowClient(tracking_uri=store)


@pytest.fixture
def runs(client):
    """All runs of an experiment, oldest first."""

    def runs(experiment="sigma"):
        found = client.get_experiment_by_name(experiment)
        return client.search_runs([found.experiment_id], order_by=["attributes.start_time ASC"])

    return runs


@pytest.fixture
def points(client):
    """A metric as steps and values."""

    def points(run, name):
        return sorted((point.step, point.value) for point in client.get_metric_history(run.info.run_id, name))

    return points


@pytest.fixture
def ended():
    return RunEnded(
        run="flowers-1", directory=None, epoch=4, epochs=4, iteration=16, seconds=1.0, ended_because="4 epochs"
    )


def artifacts(client, run, path=None):
    for found in client.list_artifacts(run.info.run_id, path):
        if found.is_dir:
            yield from artifacts(client, run, found.path)
        else:
            yield found.path


def read(client, run, path, folder):
    return Path(client.download_artifacts(run.info.run_id, path, str(folder))).read_bytes()


def test_a_run_is_logged(trained, store, client, runs, points, tmp_path):
    """Settings as parameters, series as metrics, the recipe as an artifact."""
    directory = trained({"use": "mlflow", "uri": store, "every": 4})
    (run,) = runs()
    assert (run.info.run_name, run.info.status) == ("run", "FINISHED")
    assert run.data.tags["sigma.directory"] == str(directory)
    assert run.data.tags["sigma.parameters"] == "15"
    assert run.data.params["optimiser"] == "adam"
    assert run.data.params["optimiser.learning_rate"] == "0.01"
    assert run.data.params["optimiser.mean_decay"] == "0.9"
    assert run.data.params["network.1.size"] == "3"
    assert [step for step, _ in points(run, "training.loss")] == [4, 8, 12, 16]
    assert [step for step, _ in points(run, "validation.accuracy")] == [4, 8, 12, 16]
    assert {value for _, value in points(run, "optimiser.learning_rate")} == {0.01}
    recipe = read(client, run, "recipe.toml", tmp_path)
    assert recipe.decode("utf-8") == (directory / "recipe.toml").read_text("utf-8")


def test_a_run_that_goes_on_is_one_run(trained, store, runs, points):
    """Nothing is told twice."""
    monitor = {"use": "mlflow", "uri": store, "every": 1}
    trained(monitor, stop="10 iterations")
    trained(monitor, stop="4 epochs", resume=True)
    (run,) = runs()
    assert [step for step, _ in points(run, "training.loss")] == list(range(1, 17))
    assert run.info.status == "FINISHED"


def test_points_that_were_not_told_come_from_the_store(trained, store, runs, points):
    """Also where the run had not been MLflow's at first."""
    trained(stop="6 iterations")
    trained({"use": "mlflow", "uri": store, "every": 1}, stop="4 epochs", resume=True)
    (run,) = runs()
    assert [step for step, _ in points(run, "training.loss")] == list(range(1, 17))
    assert [step for step, _ in points(run, "validation.loss")] == [4, 6, 8, 12, 16]


def test_a_run_that_is_exported_again_is_one_run(play, started, losses, store, runs, points):
    """What had been told to the end is passed over."""
    monitor = Mlflow(uri=store, every=1)
    play(monitor, started(), losses(1, 5))
    play(monitor, started(), losses(1, 7))
    (run,) = runs()
    assert points(run, "training.loss") == [(number, 1 / number) for number in range(1, 8)]
    assert run.info.status == "RUNNING"


def test_a_run_that_was_deleted_there_is_begun_anew(play, started, losses, store, client, runs, points, tmp_path):
    """And one whose note cannot be read."""
    play(Mlflow(uri=store, every=1), started(), losses(1, 2))
    client.delete_run(runs()[0].info.run_id)
    play(Mlflow(uri=store, every=1), started(), losses(1, 3))
    (run,) = runs()
    assert len(points(run, "training.loss")) == 3
    (tmp_path / "mlflow.json").write_text("[]", "utf-8")
    play(Mlflow(uri=store, every=1), started(), losses(1, 1))
    assert len(runs()) == 2


def test_what_is_void_stays_in_a_run_of_its_own(play, started, losses, ended, store, runs, points):
    """MLflow takes nothing back."""
    play(Mlflow(uri=store, every=1), started(), losses(1, 3), RunReset(epoch=1, iteration=3), losses(1, 2), ended)
    void, run = runs()
    assert (void.info.status, len(points(void, "training.loss"))) == ("KILLED", 3)
    assert (run.info.status, points(run, "training.loss")) == ("FINISHED", [(1, 1.0), (2, 0.5)])


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (RunFailed(epoch=1, iteration=1, error=ValueError("what a pity")), "FAILED"),
        (RunInterrupted(epoch=1, iteration=1, signal="SIGINT"), "KILLED"),
    ],
    ids=["failed", "interrupted"],
)
def test_how_a_run_ended_is_its_status(play, started, ended, store, runs, event, status):
    """As MLflow calls it."""
    play(Mlflow(uri=store), started(), event, ended)
    assert [run.info.status for run in runs()] == [status]


def test_pictures_and_texts_are_artifacts(play, started, published, store, client, runs, tmp_path):
    """In folders of their names; names that would lead out lead nowhere, and what MLflow cannot show is left out."""
    pixels = [[[255, 0, 0], [0, 255, 0]]]
    histogram = {"edges": [0, 1], "counts": [1]}
    play(
        Mlflow(uri=store),
        started(),
        published(4, "pictures", **{"network.weights": {"image": pixels}, "../../out": {"image": [[1]]}}),
        published(4, "text_samples", text="To be", histogram=histogram),
    )
    (run,) = runs()
    assert sorted(artifacts(client, run)) == [
        "pictures/__/__/out/00000004.png",
        "pictures/network.weights/00000004.png",
        "text_samples/text/00000004.txt",
    ]
    picture = Image.open(io.BytesIO(read(client, run, "pictures/network.weights/00000004.png", tmp_path)))
    assert picture.convert("RGB").getpixel((1, 0)) == (0, 255, 0)
    assert read(client, run, "text_samples/text/00000004.txt", tmp_path) == b"To be"


def test_many_settings_and_many_points(play, started, losses, store, runs, points):
    """More than MLflow takes at a time; names that it does not take are changed."""
    described = RunDescribed(
        name="flowers",
        total_epochs=4,
        total_iterations=16,
        iterations_per_epoch=4,
        seconds=0.0,
        parameters=15,
        backend="numpy",
        network={},
        hooks=[],
        data={},
        settings=[{"identifier": f"a[{number}]", "value": number} for number in range(120)],
    )
    play(Mlflow(uri=store, every=1, experiment="many"), described, started(), losses(1, 1200))
    (run,) = runs("many")
    assert run.data.params == {f"a_{number}_": str(number) for number in range(120)}
    assert len(points(run, "training.loss")) == 1200


def test_a_run_without_a_directory_is_logged(play, started, losses, store, runs, points):
    """Under its name."""
    play(Mlflow(uri=store, every=1), started(), losses(1, 1), run=RunInfo("loose"))
    (run,) = runs()
    assert (run.info.run_name, points(run, "training.loss")) == ("loose", [(1, 1.0)])


def test_a_store_that_is_not_there_ends_the_monitor(play, started, store):
    """It says why; the run goes on."""
    failed = play(Mlflow(uri="nonsense://there"), started())
    assert re.fullmatch(
        r"StorageError: monitor 'mlflow': MLflow does not take the run: .*nonsense.*"
        r"\n  expected: a database or a server that is there, and takes it"
        r"\n  to do:    look at its uri, or at MLFLOW_TRACKING_URI; what the run keeps itself can be exported later",
        failed,
        re.DOTALL,
    )


def test_an_experiment_that_was_deleted_ends_the_monitor(play, started, store, client):
    """MLflow gives its name to nobody else."""
    client.delete_experiment(client.create_experiment("sigma"))
    failed = play(Mlflow(uri=store), started())
    assert failed.startswith("StorageError: monitor 'mlflow': MLflow does not take the run: ")
    assert "must be in the 'active' state" in failed


def test_before_its_start_it_does_nothing():
    """Its methods may be called all the same."""
    monitor = Mlflow()
    monitor.flush()
    monitor.close()
