"""Where CUDA cannot be used, the backend says why, and who does not ask for it is not told."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
from sigma_cuda._availability import available_cupy, check_device

from sigma_core.extend import PluginUnavailableError, SettingError
from sigma_core.testing import ComponentRegistry, Composer

WHERE = f"backends 'cuda' (sigma-cuda {version('sigma-cuda')})"
INSTALL = (
    'pip install "sigma-cuda[cuda12]", or "sigma-cuda[cuda13]" for CUDA 13; '
    "nvidia-smi shows which CUDA the driver is for"
)
ELSEWHERE = 'run where there is a device with its driver, or use another backend: backend = "numpy"'


class CUDARuntimeError(RuntimeError):
    """As CuPy's."""


def stand_in(count):
    """What is asked of CuPy before it is used: how many devices there are."""
    runtime = SimpleNamespace(getDeviceCount=count, CUDARuntimeError=CUDARuntimeError)
    return SimpleNamespace(cuda=SimpleNamespace(runtime=runtime))


def unavailable(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "cupy", module)
    with pytest.raises(PluginUnavailableError) as caught:
        available_cupy()
    return str(caught.value)


def raising(error):
    def call(*_arguments):
        raise error

    return call


def test_without_cupy_the_extras_are_named(monkeypatch):
    """And how to find out which."""
    assert unavailable(monkeypatch, None) == (f"{WHERE}: it needs CuPy, which is not installed\n  to do:    {INSTALL}")


def test_without_a_device_cuda_says_why(monkeypatch):
    """In its own words, if it has any."""
    failing = stand_in(raising(CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")))
    assert unavailable(monkeypatch, failing) == (
        f"{WHERE}: CUDA finds no device: cudaErrorNoDevice: no CUDA-capable device is detected\n  to do:    {ELSEWHERE}"
    )
    assert unavailable(monkeypatch, stand_in(lambda: 0)) == f"{WHERE}: CUDA finds no device\n  to do:    {ELSEWHERE}"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            ImportError("\n=====\nFailed to import CuPy.\n\nlibcublas.so.12: cannot open\n"),
            "libcublas.so.12: cannot open",
        ),
        (ModuleNotFoundError("No module named 'cuda.pathfinder'", name="cuda"), "No module named 'cuda.pathfinder'"),
        (ImportError(), "ImportError"),
    ],
)
def test_a_cupy_that_cannot_be_imported_says_why(monkeypatch, error, reason):
    """In its last line, or its name."""
    monkeypatch.setattr("sigma_cuda._availability.import_module", raising(error))
    with pytest.raises(PluginUnavailableError) as caught:
        available_cupy()
    assert str(caught.value) == (
        f"{WHERE}: CuPy cannot be imported: {reason}\n"
        '  to do:    install it anew, and one alone: pip install "sigma-cuda[cuda12]" or "sigma-cuda[cuda13]"'
    )


def test_with_a_device_cupy_is_given(monkeypatch):
    """The module itself."""
    module = stand_in(lambda: 2)
    monkeypatch.setitem(sys.modules, "cupy", module)
    assert available_cupy() is module


@pytest.mark.parametrize(("device", "count", "known"), [(7, 2, "0 to 1"), (1, 1, "0"), (-1, 2, "0 to 1")])
def test_a_device_that_is_not_there_is_refused(device, count, known):
    """With how many there are."""
    with pytest.raises(SettingError) as caught:
        check_device(device, count)
    assert str(caught.value) == (
        f"backend cuda, device: there is no device {device}: this process sees {count}\n"
        f"  expected: {known}\n"
        "  to do:    choose one of these; CUDA_VISIBLE_DEVICES says which devices a process sees"
    )
    assert check_device(0, count) is None


def test_listing_imports_neither_cupy_nor_the_backend():
    """Metadata is enough."""
    script = (
        "import sys; from sigma_core.testing import ComponentRegistry; registry = ComponentRegistry()\n"
        "names = [each.name for each in registry.components('backends')]; registry.distributions()\n"
        "import json; print(json.dumps([names, sorted({'cupy', 'sigma_cuda'} & set(sys.modules))]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    names, imported = json.loads(done.stdout)
    assert "cuda" in names
    assert imported == []


@pytest.fixture
def no_cupy(monkeypatch):
    """An environment in which CuPy is not installed."""
    monkeypatch.setitem(sys.modules, "cupy", None)
    for name in ("sigma_cuda._runtime", "sigma_cuda.backend"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.usefixtures("no_cupy")
def test_a_backend_that_was_asked_for_in_vain_is_unavailable():
    """The registry knows it from then on, and a recipe is told at the line."""
    registry = ComponentRegistry()
    with pytest.raises(PluginUnavailableError) as caught:
        registry.get("backends", "cuda")
    assert caught.value.exit_code == 2
    (component,) = (each for each in registry.components("backends") if each.name == "cuda")
    assert (component.status.value, component.reason) == ("unavailable", "it needs CuPy, which is not installed")
    faults = []
    Composer(registry).build("backends", {"use": "cuda", "device": 1}, faults=faults)
    assert [(fault.place, str(fault.error)) for fault in faults] == [
        (("use",), f"{WHERE}: it needs CuPy, which is not installed\n  to do:    {INSTALL}")
    ]


@pytest.mark.usefixtures("no_cupy")
def test_the_door_asks_for_the_backend_when_it_is_used():
    """Not before."""
    import sigma_cuda

    assert dir(sigma_cuda) == sigma_cuda.__all__ == ["CudaBackend"]
    with pytest.raises(PluginUnavailableError):
        _ = sigma_cuda.CudaBackend
    with pytest.raises(AttributeError) as caught:
        _ = sigma_cuda.CudeBackend
    assert str(caught.value) == "module 'sigma_cuda' has no attribute 'CudeBackend'"


def test_the_readme_quotes_what_is_said(monkeypatch):
    """Word for word."""
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    assert unavailable(monkeypatch, None) in text
    nothing = stand_in(raising(CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")))
    assert unavailable(monkeypatch, nothing) in text
    with pytest.raises(SettingError) as caught:
        check_device(7, 2)
    assert str(caught.value) in text


@pytest.mark.gpu
def test_the_device_is_a_setting(device):
    """In recipes and in Python; one that is not there is a fault of the setting."""
    from sigma_cuda import CudaBackend

    composer = Composer(ComponentRegistry())
    backend = composer.build("backends", {"use": "cuda", "device": 0})
    assert backend == CudaBackend() == device
    assert composer.table(backend)["use"] == "cuda"
    faults = []
    composer.build("backends", {"use": "cuda", "device": 1000}, faults=faults)
    assert "there is no device 1000: this process sees " in str(faults[0].error)
