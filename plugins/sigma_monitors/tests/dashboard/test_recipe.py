"""The recipe of a run, its software, and its checkpoints as files."""

import asyncio
import io
import os
import tomllib
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard._archive import archived
from sigma_monitors.dashboard._downloads import checkpoint_link, serve
from sigma_monitors.dashboard.panels._toml import parts
from sigma_monitors.dashboard.panels.networks import fault
from sigma_monitors.dashboard.panels.recipe import software

import sigma_core as sigma

EXAMPLES = Path(__file__).parents[4] / "examples"
RECIPE = {
    "seed": 1,
    "stop": "1 epochs",
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": "adam",
    "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, {"use": "softmax_cross_entropy"}],
}


class Client:
    """Asks an application without a server."""

    def __init__(self, application):
        self.transport = httpx.ASGITransport(application)

    def get(self, path):
        async def got():
            async with httpx.AsyncClient(transport=self.transport, base_url="http://here") as client:
                return await client.get(path)

        return asyncio.run(got())


@pytest.fixture
def runs(tmp_path):
    """A folder with a run, and something beside it that is nobody's business."""
    sigma.Trainer.from_recipe(RECIPE).run(directory=tmp_path / "runs" / "über 1")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("secret")
    return tmp_path / "runs"


@pytest.fixture
def client(runs):
    """Whoever fetches from the dashboard."""
    application = FastAPI()
    serve(application, runs)
    return Client(application)


def test_toml_is_told_apart():
    text = """# two
[[hooks]] # many
use = "a \\"b\\" # c" # really
"quoted key" = 'x'
a.b = [1, -2.5e3, inf, 2024-01-01]
on = true
long = \"\"\"
# no comment
[no table]
\"\"\"
plain"""
    found = parts(text)
    assert "".join(part for _, part in found) == text
    assert [each for each in found if each[0]] == [
        ("comment", "# two"),
        ("table", "[[hooks]]"),
        ("comment", "# many"),
        ("key", "use"),
        ("text", '"a \\"b\\" # c"'),
        ("comment", "# really"),
        ("key", '"quoted key"'),
        ("text", "'x'"),
        ("key", "a.b"),
        ("number", "1"),
        ("number", "-2.5e3"),
        ("number", "inf"),
        ("number", "2024-01-01"),
        ("key", "on"),
        ("word", "true"),
        ("key", "long"),
        ("text", '"""\n# no comment\n[no table]\n"""'),
    ]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_comes_out_whole(path):
    text = path.read_text("utf-8")
    found = parts(text)
    assert "".join(part for _, part in found) == text
    assert set(tomllib.loads(text)) <= {part.split(".")[0] for kind, part in found if kind in ("key", "table")} | {
        part.strip(" []").split(".")[0] for kind, part in found if kind == "table"
    }


@given(st.text(alphabet=st.sampled_from("ab=[]\"'\\\n#.1- "), max_size=60))
def test_whatever_is_written_comes_out_whole(text):
    assert "".join(part for _, part in parts(text)) == text


def test_software_is_told(runs):
    versions, rows = software((runs / "über 1" / "plugins.json").read_text("utf-8"))
    assert [version.split()[0] for version in versions] == ["python", "numpy"]
    assert {row[0] for row in rows} >= {"sigma-core", "sigma-nn"}
    assert all(len(row) == 4 and len(row[3]) == 10 for row in rows)


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"distributions": 3}', '{"distributions": [3]}'])
def test_what_is_no_list_of_software_is_none(text):
    assert software(text) == ([], [])


def test_a_checkpoint_is_fetched_as_it_is(client, runs):
    answer = client.get(checkpoint_link("über 1", "last"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert "filename*=UTF-8''%C3%BCber%201-last.zip" in answer.headers["content-disposition"]
    folder = runs / "über 1" / "checkpoints" / "last"
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["last/manifest.json", "last/state.safetensors"]
        assert all(archive.read(f"last/{path.name}") == path.read_bytes() for path in folder.iterdir())


def test_an_archive_unpacks_to_the_checkpoint(client, runs, tmp_path):
    """What is fetched is restored from."""
    with ZipFile(io.BytesIO(client.get(checkpoint_link("über 1", "last")).content)) as archive:
        archive.extractall(tmp_path / "fetched")
    found, kept = (sigma.Trainer.from_recipe(RECIPE) for _ in range(2))
    found.restore(tmp_path / "fetched" / "last")
    kept.restore(runs / "über 1" / "checkpoints" / "last")
    weights = "network.layers.dense_1.weights"
    assert (found.get(weights) == kept.get(weights)).all()


@pytest.mark.parametrize(
    "path",
    [
        "/run/nowhere/checkpoints/last.zip",
        "/run/%C3%BCber%201/checkpoints/none.zip",
        "/run/%C3%BCber%201/checkpoints/...zip",
        "/run/%C3%BCber%201/checkpoints/....zip",
        "/run/../checkpoints/secret.zip",
        "/run/%2e%2e/checkpoints/secret.zip",
        "/run/%C3%BCber%201/checkpoints/..%2F..%2F..%2Fsecret.zip",
        "/run/%C3%BCber%201/checkpoints/..%5C..%5C..%5Csecret.zip",
        "/run/%C3%BCber%201/checkpoints/%00.zip",
        "/run/%C3%BCber%201/checkpoints/recipe.toml.zip",
    ],
)
def test_nothing_else_is_given(client, path):
    assert client.get(path).status_code == 404


def test_links_do_not_lead_out_of_a_run(client, runs, tmp_path):
    checkpoints = runs / "über 1" / "checkpoints"
    (checkpoints / "out").symlink_to(tmp_path / "secret")
    assert client.get(checkpoint_link("über 1", "out")).status_code == 404
    (checkpoints / "last" / "key").symlink_to(tmp_path / "secret" / "key")
    with ZipFile(io.BytesIO(client.get(checkpoint_link("über 1", "last")).content)) as archive:
        assert archive.namelist() == ["last/manifest.json", "last/state.safetensors"]
    (runs / "other").mkdir()
    (runs / "other" / "checkpoints").symlink_to(tmp_path / "secret")
    (tmp_path / "secret" / "last").mkdir()
    assert client.get(checkpoint_link("other", "last")).status_code == 404
    assert "it lies outside of its run" in client.get(checkpoint_link("other", "last")).text


def test_an_archive_is_made_while_it_is_sent(tmp_path):
    """Of files of any size, pieces of them are held, and what is replaced meanwhile is sent as it was."""
    (tmp_path / "large").write_bytes(os.urandom(5 * 2**20))
    whole = (tmp_path / "large").read_bytes()
    pieces = archived(tmp_path, "it")
    (tmp_path / "large").unlink()
    found = list(pieces)
    assert max(map(len, found)) < 2**21
    with ZipFile(io.BytesIO(b"".join(found))) as archive:
        assert archive.read("it/large") == whole


def test_an_old_file_has_the_first_date_there_is(tmp_path):
    (tmp_path / "old").write_bytes(b"x")
    os.utime(tmp_path / "old", (0, 0))
    with ZipFile(io.BytesIO(b"".join(archived(tmp_path, "it")))) as archive:
        assert archive.infolist()[0].date_time[0] == 1980


@pytest.mark.parametrize("name", ["best", "iteration-40", "a b", "1", "x" * 80, "v1.2"])
def test_a_name_for_a_checkpoint(name):
    assert fault(name) == ""


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "a\\b", "x" * 81, "é", "a\nb", "-x", "a:b", "end."])
def test_no_name_for_a_checkpoint(name):
    assert fault(name) == "Letters, digits, blanks and . _ - + = make a name, of 80 at most."


def test_names_that_are_taken_or_missing():
    assert fault("  ") == "A name is needed."
    assert fault("Last") == "The run itself writes to that name."
