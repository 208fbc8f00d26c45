"""Prometheus: what its own parser reads, from the file and over HTTP."""

import http.client
import math
import re
import socket
from threading import enumerate as threads
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sigma_monitors.exports.prometheus import Prometheus

import sigma_core as sigma
from sigma_core.extend import RunInfo, RunReset


def parsed(text):
    """By name of a sample: its labels and its value."""
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    assert len(set(names)) == len(names)
    return {sample.name: (sample.labels, sample.value) for family in families for sample in family.samples}


@pytest.fixture
def attached(info, standing):
    """A monitor on its thread's behalf, to be looked at while the run goes on."""
    monitors = []

    def attached(monitor, run=info):
        monitor.start(run, standing, lambda command: None)
        monitors.append(monitor)
        return monitor

    yield attached
    for monitor in monitors:
        monitor.stop()


def test_a_run_ends_with_its_newest_values(trained):
    """Under names that Prometheus takes, all of this run."""
    directory = trained("prometheus")
    with sigma.RunStore.open(directory) as store:
        _, losses = store.metrics("training.loss")
        scores = store.last("run_ended").payload["scores"]
    found = parsed((directory / "metrics.prom").read_text("utf-8"))
    run = {"run": "run"}
    assert found["sigma_training_loss"] == (run, losses[-1])
    assert found["sigma_epoch_training_loss"] == (run, scores["training.loss"])
    assert found["sigma_validation_accuracy"] == (run, scores["validation.accuracy"])
    assert found["sigma_optimiser_learning_rate"] == (run, 0.01)
    assert found["sigma_run_info"] == (run | {"backend": "numpy", "directory": str(directory)}, 1)
    assert found["sigma_run_going"] == (run, 0)
    assert found["sigma_run_parameters"] == (run, 15)
    assert found["sigma_run_epoch"] == (run, 4)
    assert found["sigma_run_iterations_total"] == (run, 16)
    assert found["sigma_run_seconds_total"][1] > 0


def test_names_and_numbers_of_any_kind(attached, published, tmp_path):
    """Two names that differ in their dots alone are two metrics; matrices are left out."""
    monitor = attached(Prometheus(), RunInfo('a "b"\\c\nd', str(tmp_path)))
    values = {"a.b": 1.0, "a_b": 2.0, "run.epoch": 3.0, "ärger/x": math.nan, "up": math.inf, "down": -math.inf}
    monitor.receive([published(1, **values, matrix=[[1.0]])])
    monitor.refresh()
    found = parsed((tmp_path / "metrics.prom").read_text("utf-8"))
    assert {labels["run"] for labels, _ in found.values()} == {'a "b"\\c\nd'}
    assert [found[f"sigma_{name}"][1] for name in ("a_b", "a_b_2", "run_epoch_2", "up", "down")] == [
        *(1.0, 2.0, 3.0, math.inf, -math.inf)
    ]
    assert math.isnan(found["sigma__rger_x"][1])
    assert "sigma_matrix" not in found


def test_a_reset_forgets_the_values(attached, published, losses, tmp_path):
    """They are of a past that is void."""
    monitor = attached(Prometheus())
    monitor.receive([*losses(1, 2), published(2, norm=1.0), RunReset(epoch=1, iteration=2), *losses(1, 1)])
    monitor.refresh()
    found = parsed((tmp_path / "metrics.prom").read_text("utf-8"))
    assert found["sigma_training_loss"][1] == 1.0
    assert "sigma_norm" not in found
    assert found["sigma_run_going"][1] == 1


def test_the_file_is_put_in_place_whole(attached, tmp_path):
    """Nothing else that ends in .prom is ever there; a path may hold the name of the run."""
    monitor = attached(Prometheus(path=str(tmp_path / "collected" / "{run}.prom")))
    monitor.refresh()
    assert [path.name for path in (tmp_path / "collected").iterdir()] == ["flowers-1.prom"]


def test_the_values_are_served_to_this_machine(attached, losses, standing):
    """As to Prometheus itself; while the run goes on, and no longer."""
    monitor = attached(Prometheus(port=0), RunInfo("flowers-1"))
    address = monitor.address
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics", address)
    standing.iteration = 3
    monitor.receive(losses(3, 3))
    monitor.refresh()
    with urlopen(address) as reply:  # noqa: S310  # of our own
        assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        found = parsed(reply.read().decode("utf-8"))
    assert found["sigma_training_loss"] == ({"run": "flowers-1"}, 1 / 3)
    assert found["sigma_run_iterations_total"][1] == 3
    monitor.stop()
    assert monitor.address is None
    with pytest.raises(OSError, match="refused"):
        urlopen(address)  # noqa: S310  # of our own
    assert [thread.name for thread in threads() if thread.name == "sigma metrics"] == []


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("127.0.0.1:{port}", "/metrics", 200),
        ("localhost:{port}", "/", 200),
        ("LocalHost", "/metrics?x=1", 200),
        ("rebound.example:{port}", "/metrics", 403),
        ("127.0.0.1.example", "/metrics", 403),
        ("", "/metrics", 403),
        ("localhost", "/../etc/passwd", 404),
    ],
)
def test_only_who_asks_this_machine_is_answered(attached, host, path, status):
    """A page whose name somebody has pointed at this machine reads nothing with its visitor's browser."""
    monitor = attached(Prometheus(port=0))
    monitor.refresh()
    port = int(monitor.address.split(":")[2].split("/")[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": host.format(port=port)})
    reply = connection.getresponse()
    assert reply.status == status
    assert ("sigma_run_info" in reply.read().decode("utf-8")) == (status == 200)
    connection.close()


def test_whoever_talks_nonsense_disturbs_nobody(attached, capfd):
    """Half a request, none, a name that is none; the next is answered."""
    monitor = attached(Prometheus(port=0))
    monitor.refresh()
    port = int(monitor.address.split(":")[2].split("/")[0])
    for nonsense in (b"", b"GET /met", b"\0\xff\r\n\r\n", b"GET /metrics HTTP/1.0\r\nHost: [::1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(nonsense)
    with urlopen(monitor.address) as reply:  # noqa: S310  # of our own
        assert reply.status == 200
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_named(play, started):
    """The monitor ends, and says so."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert play(Prometheus(port=port), started()) == (
            f"SettingError: monitor 'prometheus', port: {port}: Address already in use\n"
            "  expected: a port that is free\n"
            "  to do:    choose another, or 0 for any that is free"
        )


def test_a_place_that_cannot_be_written_ends_the_monitor(play, started, tmp_path):
    """And what it held is given back: nobody is left who serves."""
    (tmp_path / "file").write_text("no folder", "utf-8")
    path = tmp_path / "file" / "metrics.prom"
    failed = play(Prometheus(path=str(path), port=0), started())
    assert failed.startswith(f"StorageError: {path}: cannot be written: ")
    assert [thread.name for thread in threads() if thread.name == "sigma metrics"] == []


def test_before_its_start_it_does_nothing():
    """Its methods may be called all the same."""
    monitor = Prometheus()
    assert monitor.text() == ""
    monitor.refresh()
    monitor.close()
