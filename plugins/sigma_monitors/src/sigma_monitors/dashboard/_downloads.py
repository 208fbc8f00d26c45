"""What can be fetched from the dashboard as a file: checkpoints."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sigma_monitors.dashboard._archive import archived
from sigma_monitors.dashboard._run_paths import RunNameError, guarded_run

_CHECKPOINTS = "checkpoints"


def checkpoint_link(run: str, checkpoint: str) -> str:
    """Where the checkpoint of a run is fetched from."""
    return f"/run/{quote(run, safe='')}/checkpoints/{quote(checkpoint, safe='')}.zip"


def serve(application: FastAPI, folder: Path) -> None:
    """Have an application give the checkpoints of the runs in a folder."""

    @application.get("/run/{name}/checkpoints/{checkpoint}.zip")
    def fetch(name: str, checkpoint: str) -> Response:
        try:
            pieces = archived(_guarded(folder, name, checkpoint), checkpoint)
        except (RunNameError, OSError) as error:
            return PlainTextResponse(f"{error}\n", 404)
        return _attached(pieces, f"{name}-{checkpoint}.zip")


def _guarded(folder: Path, name: str, checkpoint: str) -> Path:
    """The folder of a checkpoint, which lies in its run, whatever links there are."""
    run = guarded_run(folder, name)
    found = guarded_run(run / _CHECKPOINTS, checkpoint)
    if run not in found.parents:
        raise RunNameError(
            f"checkpoint {checkpoint!r}",
            "it lies outside of its run",
            "a checkpoint of the run",
            "choose one from the list of networks",
        )
    return found


def _attached(pieces: Iterator[bytes], name: str) -> StreamingResponse:
    # Of a name in other letters a browser understands the second; quotes and control characters are in neither.
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "_" for letter in name
    )
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return StreamingResponse(pieces, media_type="application/zip", headers={"Content-Disposition": disposition})
