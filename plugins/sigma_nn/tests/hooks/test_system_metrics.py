"""Metrics of the processor, the memory and GPUs; of the last against a driver's library that is made up."""

# ruff: noqa: N802  # a library has the names that it has

import sys
import time
from ctypes import c_uint

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Input, SquaredDifference, SystemMetrics

import sigma_core as sigma
from sigma_core.extend import LogRecorded, Policy, RunStore, ValuesPublished


def make(*hooks):
    """Twelve iterations."""
    network = Input(2) + Dense(1) + SquaredDifference()
    return sigma.Trainer(
        network, (np.ones((6, 2)), np.ones((6, 1))), Adam(0.01), "12 iterations", hooks=hooks, batch_size=2
    )


def heard(trainer, **arguments):
    """What is published, and what is logged."""
    found = []
    listening = trainer.environment.bus.listen("test", found.extend, policy=Policy.KEEP_ALL)
    trainer.run(**arguments)
    listening.close()
    return [[event for event in found if isinstance(event, kind)] for kind in (ValuesPublished, LogRecorded)]


class Library:
    """What a driver offers of its library, for so many GPUs; it returns a code and fills what it is handed."""

    def __init__(self, count):
        self.count = count

    def nvmlInitWithFlags(self, _flags):
        return 0

    def nvmlDeviceGetCount_v2(self, count):
        count._obj.value = self.count
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index, device):
        # What a handle points to is known to the library alone.
        self.asked = index.value if isinstance(index, c_uint) else index
        return 0

    def nvmlDeviceGetUtilizationRates(self, _handle, rates):
        rates._obj.gpu, rates._obj.memory = 50 + self.asked, 7
        return 0

    def nvmlDeviceGetMemoryInfo(self, _handle, memory):
        memory._obj.total, memory._obj.free, memory._obj.used = 80_000, 79_000 - self.asked, 1_000 + self.asked
        return 0

    def nvmlDeviceGetTemperature(self, _handle, sensor, degrees):
        assert sensor.value == 0
        degrees._obj.value = 60
        return 0

    def nvmlDeviceGetPowerUsage(self, _handle, milliwatts):
        milliwatts._obj.value = 123_456
        # The second one has no sensor: NVML_ERROR_NOT_SUPPORTED.
        return 3 if self.asked else 0


@pytest.fixture
def nvml(monkeypatch):
    """The binding as it is installed, with a library of our own behind it: `nvml(count)`."""
    pynvml = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")

    def loaded(count):
        monkeypatch.setattr(pynvml, "nvmlLib", Library(count))
        monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})

    return loaded


def test_processor_and_memory(monkeypatch):
    """How busy the processor was, and bytes of memory; a clock that is set back does not matter."""
    monkeypatch.setattr(time, "time", lambda: -1e9)
    found, logs = heard(make(SystemMetrics(when="6 iterations", gpus=False)))

    assert [(event.source, event.iteration) for event in found] == [("system_metrics", n) for n in (6, 12)]
    assert logs == []
    for event in found:
        assert event.values["system.cpu"] >= 0
        assert event.values.get("system.memory", 1e9) > 1e6
        assert set(event.values) <= {"system.cpu", "system.memory"}


def test_each_gpu_tells_what_it_can(nvml, tmp_path):
    """Shares, bytes, degrees and watts; what one does not tell is left out. The run store keeps them."""
    nvml(2)
    found, logs = heard(make(SystemMetrics(when="6 iterations")), directory=tmp_path / "run")

    assert {name: value for name, value in found[-1].values.items() if "gpu" in name} == {
        "system.gpu.0.utilisation": 0.5,
        "system.gpu.0.memory": 1000.0,
        "system.gpu.0.temperature": 60.0,
        "system.gpu.0.power": 123.456,
        "system.gpu.1.utilisation": 0.51,
        "system.gpu.1.memory": 1001.0,
        "system.gpu.1.temperature": 60.0,
    }
    assert logs == []
    with RunStore.open(tmp_path / "run") as store:
        assert list(store.metrics("system.gpu.0.power")[1]) == [123.456, 123.456]


def test_without_gpus_one_line_says_so(nvml, monkeypatch):
    """That there is none, no driver, or no binding and how to get it; all else is recorded."""
    nvml(0)
    none = heard(make(SystemMetrics(when="3 iterations")))
    monkeypatch.setattr("pynvml.nvmlInit", refuse)
    no_driver = heard(make(SystemMetrics(when="3 iterations")))
    monkeypatch.setitem(sys.modules, "pynvml", None)
    no_binding = heard(make(SystemMetrics(when="3 iterations")))

    reasons = []
    for found, logs in (none, no_driver, no_binding):
        assert len(found) == 4
        assert not any("gpu" in name for event in found for name in event.values)
        reasons += [(log.text, log.fields["reason"]) for log in logs]
    assert reasons == [
        ("no metrics of GPUs", "there is no NVIDIA GPU"),
        ("no metrics of GPUs", "Driver Not Loaded"),
        ("no metrics of GPUs", 'nvidia-ml-py is not installed: pip install "sigma-nn[gpu]"'),
    ]


def refuse():
    import pynvml

    raise pynvml.NVMLError(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
