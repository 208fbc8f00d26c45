"""Whether wheels and sdists of every distribution build, say what they are, install and list themselves.

`uv run python tools/check_packaging.py`. Needs uv to build, and plain pip (in new environments) to install, because
that is what people have. Versions are held by the constraints in the root pyproject.toml.
"""

import configparser
import email
import json
import os
import sys
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path
from tarfile import open as open_tar
from typing import TYPE_CHECKING

from steps import ROOT, Failed, Steps, command, output

if TYPE_CHECKING:
    from email.message import Message

_WANTED = ("Summary", "Requires-Python", "License-Expression", "Description-Content-Type")

# Run in an environment: what the commands list, and what of the plugins was imported for it. Then every door of the
# kernel is opened and every component loaded, because they are imported when they are first used.
_PROBE = """
import contextlib, io, json, sys
from sigma_core.cli import main

def run(*arguments):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main([*arguments, "--json"])
    return json.loads(printed.getvalue())

packages = set(json.loads(sys.argv[1]))
answer = {"components": run("components")}
answer["imported"] = sorted(name for name in sys.modules if name.partition(".")[0] in packages)
answer["plugins"] = run("plugins")
import sigma_core, sigma_core.errors, sigma_core.extend, sigma_core.testing
for door in (sigma_core, sigma_core.extend, sigma_core.testing):
    for name in door.__all__:
        getattr(door, name)
registry, broken, extras = sigma_core.Environment().components, [], []
for kind, names in answer["components"].items():
    for name in names:
        try:
            registry.get(kind, name)
        except Exception as error:
            # What an extra of its own distribution brings is not installed here.
            missing = isinstance(error, sigma_core.errors.PluginUnavailableError)
            is_extra = missing and f"{registry.find(kind, name).distribution}[" in error.remedy
            (extras if is_extra else broken).append(f"{kind} {name}: {error}")
answer["broken"], answer["extras"] = broken, extras
print(json.dumps(answer))
"""


class Wheel:
    """A built wheel: its metadata, its files and its entry points by group."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            self.files = archive.namelist()
            self.metadata: Message = email.message_from_string(self._text(archive, "METADATA"))
            parser = configparser.ConfigParser(delimiters=["="])
            parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
            parser.read_string(self._text(archive, "entry_points.txt"))
        self.name = self.metadata["Name"]
        self.entries = {group: dict(parser[group]) for group in parser.sections()}

    def _text(self, archive: zipfile.ZipFile, name: str) -> str:
        for file in self.files:
            if file.endswith(f".dist-info/{name}"):
                return archive.read(file).decode()
        return ""

    @property
    def package(self) -> str:
        """The one package that it installs."""
        packages = {file.partition("/")[0] for file in self.files if ".dist-info/" not in file}
        if len(packages) != 1:
            raise Failed(f"{self.path.name} installs {', '.join(sorted(packages))}, not one package")
        return packages.pop()

    @property
    def components(self) -> dict[str, list[str]]:
        """Names by kind, as its entry points tell."""
        return {
            group.removeprefix("sigma."): sorted(names)
            for group, names in self.entries.items()
            if group.startswith("sigma.") and group != "sigma.plugins"
        }


def build(folder: Path) -> list[Wheel]:
    """An sdist of each distribution, and a wheel from each sdist."""
    command(os.environ.get("UV", "uv"), "build", "--quiet", "--all-packages", "--out-dir", folder)
    projects = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
    names = {tomllib.loads(path.read_text("utf-8"))["project"]["name"] for path in projects}
    wheels = [Wheel(path) for path in sorted(folder.glob("*.whl"))]
    if {wheel.name for wheel in wheels} != names:
        raise Failed(f"wheels of {', '.join(wheel.name for wheel in wheels)}, but the projects are {', '.join(names)}")
    for wheel in wheels:
        print(f"{wheel.path.name}: {len(wheel.files)} files, {wheel.path.stat().st_size / 1024:.0f} KiB")
    return wheels


def check_metadata(wheels: list[Wheel]) -> None:
    """Each says what it is, is typed, and its entry points name modules that it holds."""
    faults = []
    for wheel in wheels:
        faults += [f"{wheel.name}: no {key}" for key in _WANTED if not wheel.metadata[key]]
        if len(str(wheel.metadata.get_payload()).strip()) < 200:
            faults.append(f"{wheel.name}: its README says next to nothing")
        if f"{wheel.package}/py.typed" not in wheel.files:
            faults.append(f"{wheel.name}: no py.typed")
        if not any(file.endswith(".dist-info/licenses/LICENSE") for file in wheel.files):
            faults.append(f"{wheel.name}: no LICENSE")
        for group, entries in wheel.entries.items():
            for name, value in entries.items():
                module = value.partition(":")[0].replace(".", "/")
                if not {f"{module}.py", f"{module}/__init__.py"} & set(wheel.files):
                    faults.append(f"{wheel.name}: {group} {name} = {value} names a module that it does not hold")
    if faults:
        raise Failed("\n".join(faults))


def check_sdists(folder: Path) -> None:
    """Each has its project file and README, and nothing that does not belong to it."""
    for path in sorted(folder.glob("*.tar.gz")):
        with open_tar(path) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        missing = {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} - names
        if missing:
            raise Failed(f"{path.name} lacks {', '.join(sorted(missing))}")
        strays = sorted(name for name in names if "__pycache__" in name or name.startswith(("shared", "runs", ".venv")))
        if strays:
            raise Failed(f"{path.name} holds {strays[0]}")


def install(folder: Path, wheels: list[Wheel]) -> Path:
    """The interpreter of a new environment with these wheels, installed by plain pip."""
    constraints = folder.with_suffix(".txt")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    constraints.write_text("\n".join(project["tool"]["uv"]["constraint-dependencies"]), "utf-8")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    words = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--constraint", constraints]
    # From a folder without sources: what is imported later must come from the wheels.
    command(*words, *(wheel.path for wheel in wheels), directory=folder)
    command(python, "-m", "pip", "check", directory=folder)
    return python


def check_listing(python: Path, wheels: list[Wheel]) -> None:
    """The commands list exactly what these wheels offer, usable but for what extras bring, and import no plugin."""
    folder = python.parent
    offered: dict[str, list[str]] = {}
    for wheel in wheels:
        for kind, names in wheel.components.items():
            offered[kind] = sorted([*offered.get(kind, []), *names])
    plugins = [wheel.package for wheel in wheels if wheel.name != "sigma-core"]
    answer = json.loads(output(python, "-W", "error", "-c", _PROBE, json.dumps(plugins), directory=folder))
    listed = {kind: sorted(names) for kind, names in answer["components"].items() if names}
    if listed != offered:
        raise Failed(f"`sigma components` lists {listed}, but the wheels offer {offered}")
    if answer["imported"]:
        raise Failed(f"`sigma components` imports {', '.join(answer['imported'])}")
    if answer["broken"]:
        raise Failed("\n".join(answer["broken"]))
    known = {plugin["name"]: plugin["status"] for plugin in answer["plugins"]}
    if known != {wheel.name: "active" for wheel in wheels}:
        raise Failed(f"`sigma plugins` lists {known}")
    count = sum(len(names) for names in offered.values())
    print(f"{count} components of {', '.join(sorted(known))}; nothing imported")
    for extra in answer["extras"]:
        print(f"without its extra, {extra}")
    program = folder / ("sigma.exe" if sys.platform == "win32" else "sigma")
    print(output(program, "plugins", directory=folder))


def main() -> int:
    """Build, look, install, list."""
    steps = Steps()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        wheels: list[Wheel] = []
        if steps.run("build wheels and sdists", lambda: wheels.extend(build(folder / "dist"))):
            kernel = [wheel for wheel in wheels if wheel.name == "sigma-core"]
            steps.run("metadata of the wheels", lambda: check_metadata(wheels))
            steps.run("contents of the sdists", lambda: check_sdists(folder / "dist"))
            steps.run("the kernel alone", lambda: check_listing(install(folder / "kernel", kernel), kernel))
            steps.run("all distributions", lambda: check_listing(install(folder / "all", wheels), wheels))
    return steps.close()


if __name__ == "__main__":
    sys.exit(main())
