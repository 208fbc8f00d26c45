"""Event files, as TensorBoard itself reads them."""

import io
import re

import numpy as np
import pytest
from attrs import evolve
from PIL import Image
from sigma_monitors.exports._event_file import Told
from sigma_monitors.exports.tensorboard import Tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

import sigma_core as sigma
from sigma_core.extend import IterationEnded, RunDescribed, RunEnded, RunFailed, RunReset, ValidationEnded


def read(folder):
    """All that lies in a folder, nothing thinned."""
    kinds = ("scalars", "images", "histograms", "tensors")
    return EventAccumulator(str(folder), size_guidance=dict.fromkeys(kinds, 0)).Reload()


def scalars(folder, tag):
    return [(event.step, event.value) for event in read(folder).Scalars(tag)]


def hyperparameters(accumulator, which):
    content = accumulator.SummaryMetadata(f"_hparams_/session_{which}_info").plugin_data.content
    return HParamsPluginData.FromString(content)


@pytest.fixture
def ended():
    return RunEnded(
        run="flowers-1", directory=None, epoch=4, epochs=4, iteration=16, seconds=1.0, ended_because="4 epochs"
    )


def test_the_scalars_of_a_run_are_those_of_its_store(trained):
    """Under names that stand together in TensorBoard."""
    directory = trained({"use": "tensorboard", "every": 2})
    found = read(directory)
    assert sorted(found.Tags()["scalars"]) == [
        "epoch/training.loss",
        "optimiser/learning_rate",
        "training/loss",
        "validation/accuracy",
        "validation/loss",
    ]
    with sigma.RunStore.open(directory) as store:
        for name in store.names():
            iterations, values = store.metrics(name)
            expected = dict(zip(iterations, np.float32(values).tolist(), strict=True))
            if name == "training.loss":
                expected = {step: value for step, value in expected.items() if step % 2 == 0}
            assert dict(scalars(directory, name.replace(".", "/", 1))) == expected


def test_arrays_of_a_step_are_left_out(play, started, tmp_path):
    """Gradients, for example, which some hooks have it report."""
    scores = {"loss": 0.5, "gradients.layers.dense_1.weights": np.ones((2, 2))}
    play(Tensorboard(every=1), started(), IterationEnded(epoch=1, iteration=1, scores=scores))
    tags = read(tmp_path).Tags()
    assert (tags["scalars"], tags["images"]) == (["training/loss"], [])


def test_the_recipe_is_a_text_and_its_settings_are_hyperparameters(trained):
    """Those that it leaves out as well."""
    directory = trained("tensorboard")
    found = read(directory)
    (shown,) = found.Tensors("recipe")[0].tensor_proto.string_val
    recipe = (directory / "recipe.toml").read_text("utf-8")
    assert shown.decode("utf-8") == "".join(f"    {line}\n" for line in recipe.splitlines())
    started = hyperparameters(found, "start").session_start_info
    assert started.group_name == "run"
    settings = {name: getattr(value, value.WhichOneof("kind")) for name, value in started.hparams.items()}
    assert settings["dataset"] == "iris"
    assert settings["dataset.split"] == "0.8, 0.2"
    assert settings["optimiser"] == "adam"
    assert settings["optimiser.learning_rate"] == 0.01
    assert settings["optimiser.mean_decay"] == 0.9
    assert settings["network.1.size"] == 3
    assert not any(name.startswith(("hooks", "monitors", "name")) for name in settings)
    assert hyperparameters(found, "end").session_end_info.status == 1


def test_the_network_is_the_graph(trained):
    """Layers by their names, with shapes and parameters, and what feeds them."""
    graph = read(trained("tensorboard")).Graph()
    assert isinstance(graph, GraphDef)
    nodes = {node.name: node for node in graph.node}
    assert list(nodes) == ["data/inputs", "data/targets", "input_1", "dense_1", "softmax_cross_entropy_1"]
    assert [list(node.input) for node in nodes.values()] == [
        [],
        [],
        ["data/inputs"],
        ["input_1"],
        ["dense_1", "data/targets"],
    ]
    dense = nodes["dense_1"]
    assert dense.op == "Dense"
    assert dense.attr["weights"].s == b"4 x 3, trained"
    (shape,) = dense.attr["_output_shapes"].list.shape
    assert [dim.size for dim in shape.dim] == [-1, 3]


@pytest.fixture
def described():
    """What a run of an odd network is."""
    layer = {"kind": "Dense", "inputs": [], "sections": [], "shape": [], "parameters": [], "shares": None}
    number = {"name": "network.layers.x.scale", "shape": [], "trained": False}
    layers = [
        layer | {"name": "residual_1.dense 1", "sections": ["ä"]},
        layer | {"name": "-", "inputs": ["residual_1.dense 1"], "shares": "dense_1", "parameters": [number]},
    ]
    return RunDescribed(
        name="flowers",
        total_epochs=4,
        total_iterations=16,
        iterations_per_epoch=4,
        seconds=0.0,
        parameters=15,
        backend="numpy",
        network={"layers": layers},
        hooks=[],
        data={},
        settings=[],
    )


def test_names_of_layers_become_names_of_nodes(play, started, described, tmp_path):
    """Whatever they are; what shares parameters says with whom."""
    play(Tensorboard(), described, started())
    nodes = {node.name: node for node in read(tmp_path).Graph().node}
    assert {name: list(node.input) for name, node in nodes.items()} == {
        "data/_": [],
        "residual_1/dense_1": ["data/_"],
        "layer": ["residual_1/dense_1"],
    }
    assert nodes["layer"].attr["shares"].s == b"dense_1"
    assert nodes["layer"].attr["scale"].s == b"one number, fixed"
    play(Tensorboard(path=str(tmp_path / "nothing")), evolve(described, network={}), started())
    assert read(tmp_path / "nothing").Graph().node == []


def test_histograms_keep_their_bins(play, started, published, tmp_path):
    """The numbers below the smallest and above the largest edge are none."""
    value = {
        "edges": [-1.0, 0.0, 2.0],
        "counts": [3, 5],
        "minimum": -1.0,
        "maximum": 2.0,
        "mean": 0.5,
        "deviation": 0.25,
    }
    play(Tensorboard(), started(), published(4, **{"network.weights": value}))
    (event,) = read(tmp_path).Histograms("time_series/network.weights")
    found = event.histogram_value
    assert event.step == 4
    assert (found.min, found.max, found.num) == (-1.0, 2.0, 8)
    assert (found.bucket_limit, found.bucket) == ([0.0, 2.0], [3.0, 5.0])
    assert (found.sum, found.sum_squares) == pytest.approx((8 * 0.5, 8 * (0.5**2 + 0.25**2)))


def test_pictures_texts_and_matrices(play, started, published, tmp_path):
    """Each where TensorBoard shows such; what is none of them is left out."""
    pixels = [[[255, 0, 0], [0, 255, 0]]]
    validated = ValidationEnded(
        name="validation", epoch=1, iteration=4, scores={"loss": 0.5, "confusion_matrix": [[8, 0], [2, 6]]}
    )
    play(
        Tensorboard(),
        started(),
        published(4, **{"network.weights": {"image": pixels}, "odd": {"what": 1}, "norm": 2.0}),
        published(4, "text_samples", text="To be,\n  *or not*"),
        validated,
    )
    found = read(tmp_path)
    assert found.Tags()["images"] == ["time_series/network.weights", "validation/confusion_matrix"]
    (picture,) = found.Images("time_series/network.weights")
    assert (picture.step, picture.width, picture.height) == (4, 2, 1)
    assert np.asarray(Image.open(io.BytesIO(picture.encoded_image_string))).tolist() == pixels
    (matrix,) = found.Images("validation/confusion_matrix")
    shades = np.asarray(Image.open(io.BytesIO(matrix.encoded_image_string)))
    assert shades[::32, ::32].tolist() == [[255, 0], [64, 191]]
    assert scalars(tmp_path, "time_series/norm") == [(4, 2.0)]
    (text,) = found.Tensors("text_samples/text")
    assert text.tensor_proto.string_val == [b"    To be,\n      *or not*\n"]
    assert found.SummaryMetadata("text_samples/text").plugin_data.plugin_name == "text"


def test_a_run_that_goes_on_takes_back_what_lay_behind(play, started, losses, tmp_path):
    """The run was killed at iteration 7, its newest checkpoint is of iteration 4."""
    play(Tensorboard(every=1), started(), losses(1, 7))
    play(Tensorboard(every=1), started(4), losses(5, 6))
    assert scalars(tmp_path, "training/loss") == [(number, np.float32(1 / number)) for number in range(1, 7)]
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 2


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.0])
def test_points_that_a_killed_process_had_not_written_come_from_the_store(trained, share):
    """Wherever the file was cut off."""
    directory = trained({"use": "tensorboard", "every": 1}, stop="10 iterations")
    (path,) = directory.glob("events.out.tfevents.*")
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    trained({"use": "tensorboard", "every": 1}, stop="4 epochs", resume=True)
    found = read(directory)
    for tag, steps in {
        "training/loss": list(range(1, 17)),
        # The first part was validated when it ended.
        "validation/loss": [4, 8, 10, 12, 16],
        "epoch/training.loss": [4, 8, 12, 16],
        "optimiser/learning_rate": list(range(2, 17, 2)),
    }.items():
        assert [event.step for event in found.Scalars(tag)] == steps


def test_parts_of_parts_are_told_once(play, started, losses, published, tmp_path):
    """Killed at 7, gone on from 4 and killed at 5, gone on from 6: of the first part nothing behind 4 counts."""
    play(Tensorboard(every=1), started(), losses(1, 7))
    play(Tensorboard(every=1), started(4), losses(5, 5))
    told = Told.until(6, tmp_path)
    assert (told.newest, told.complete, told.tags) == (5, 4, {"training/loss"})
    play(Tensorboard(every=1), started(4))
    told = Told.until(6, tmp_path)
    assert (told.newest, told.complete, told.tags) == (4, 3, {"_hparams_/session_start_info"})


def test_what_is_told_again_of_the_checkpoint_is_there_once(play, started, losses, described, tmp_path):
    """A checkpoint of the end of an epoch comes before its validation, which is done again; the network is one."""
    validated = ValidationEnded(name="validation", epoch=1, iteration=4, scores={"loss": 0.5})
    accurate = ValidationEnded(name="validation", epoch=1, iteration=4, scores={"loss": 0.5, "accuracy": 0.25})
    play(Tensorboard(every=1), described, started(), losses(1, 4), validated, losses(5, 6))
    (path,) = tmp_path.glob("events.out.tfevents.*")
    path.write_bytes(path.read_bytes()[:-7])
    play(Tensorboard(every=1), described, started(4), accurate, losses(5, 6))
    assert scalars(tmp_path, "validation/loss") == [(4, 0.5)]
    assert scalars(tmp_path, "validation/accuracy") == [(4, 0.25)]
    assert [step for step, _ in scalars(tmp_path, "training/loss")] == [1, 2, 3, 4, 5, 6]
    assert sum(path.read_bytes().count(b"residual_1") > 0 for path in tmp_path.glob("events.out.tfevents.*")) == 1


def test_a_file_of_events_that_cannot_be_read_ends_the_monitor(play, started, tmp_path):
    """It is named."""
    (tmp_path / "events.out.tfevents.0").mkdir()
    failed = play(Tensorboard(), started(4))
    assert failed.startswith(f"StorageError: {tmp_path / 'events.out.tfevents.0'}: cannot be written: Is a directory\n")


def test_a_run_that_is_exported_again_is_there_once(play, started, losses, tmp_path):
    """And a reset in the run takes back all."""
    play(Tensorboard(every=1), started(), losses(1, 7))
    play(Tensorboard(every=1), started(), losses(1, 3), RunReset(epoch=1, iteration=3), losses(1, 2))
    assert scalars(tmp_path, "training/loss") == [(1, 1.0), (2, 0.5)]


def test_a_run_that_fails_is_told_as_such(play, started, ended, tmp_path):
    """In the tab for hyperparameters."""
    failed = RunFailed(epoch=1, iteration=1, error=ValueError("what a pity"))
    play(Tensorboard(), started(), failed, ended)
    assert hyperparameters(read(tmp_path), "end").session_end_info.status == 2


def test_a_path_may_hold_the_name_of_the_run(play, started, losses, tmp_path):
    """Folders are made; a run of no recipe has neither text nor hyperparameters."""
    play(Tensorboard(path=str(tmp_path / "boards" / "{run}"), every=1), started(), losses(1, 1))
    assert scalars(tmp_path / "boards" / "flowers-1", "training/loss") == [(1, 1.0)]
    assert read(tmp_path / "boards" / "flowers-1").Tags()["tensors"] == []


@pytest.mark.parametrize("text", ["", "# arrays in memory have no recipe\n", "no toml", "\xff"])
def test_a_recipe_that_is_none_is_left_out(play, started, losses, tmp_path, text):
    """Nobody is helped by ending an export for it."""
    (tmp_path / "recipe.toml").write_text(text, "latin-1")
    assert play(Tensorboard(every=1), started(), losses(1, 1)) is None
    found = read(tmp_path)
    assert found.Tags()["tensors"] == []
    assert not hyperparameters(found, "start").session_start_info.hparams


def test_a_disk_that_is_full_ends_the_monitor(play, started, losses, tmp_path, short_of_room):
    """What was written before is whole."""
    with short_of_room(2000):
        failed = play(Tensorboard(every=1), started(), losses(1, 5), [*losses(6, 200)])
    (path,) = tmp_path.glob("events.out.tfevents.*")
    assert failed == (
        f"StorageError: {path}: cannot be written: File too large\n"
        "  expected: a folder that can be written, with room left\n"
        "  to do:    free some space, or give the monitor another path; what the run keeps itself can be exported later"
    )
    read(tmp_path)


def test_a_place_that_cannot_be_written_ends_the_monitor(play, started, tmp_path):
    """A file stands where a folder would have to."""
    (tmp_path / "file").write_text("no folder", "utf-8")
    failed = play(Tensorboard(path=str(tmp_path / "file")), started())
    assert re.match(rf"StorageError: {re.escape(str(tmp_path / 'file'))}: cannot be written: File exists\n", failed)


def test_before_its_start_it_does_nothing():
    """Its methods may be called all the same."""
    monitor = Tensorboard()
    monitor.begin(0, is_new=True)
    monitor.flush()
    monitor.close()
