"""What tests of several rooms need."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Install = Callable[..., str]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder as `site-packages` is, importable; what is imported from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield folder
    for name, module in list(sys.modules.items()):
        if str(folder) in (getattr(module, "__file__", None) or ""):
            del sys.modules[name]


@pytest.fixture
def install(site: Path) -> Install:
    """Put a distribution into the site, as pip would: metadata, entry points, modules."""

    def put(
        name: str,
        entries: Mapping[str, Mapping[str, str]] | str,
        *,
        version: str = "1.0",
        requires: tuple[str, ...] = (),
        modules: Mapping[str, str] | None = None,
        folder: Path = site,
    ) -> str:
        metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(parents=True)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Summary: What {name} is for"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        (metadata / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if not isinstance(entries, str):
            sections = [
                [f"[{group}]", *(f"{key} = {value}" for key, value in own.items())] for group, own in entries.items()
            ]
            entries = "\n".join(line for section in sections for line in section)
        (metadata / "entry_points.txt").write_text(entries, encoding="utf-8")
        for path, source in (modules or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(source, encoding="utf-8")
        return name

    return put
