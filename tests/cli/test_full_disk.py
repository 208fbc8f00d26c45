"""A run on a disk that fills up: a real one, of memory, in a name space of its own."""

import os
import shutil
import subprocess
import sys

import pytest

ALONE = ("unshare", "--map-root-user", "--mount")
# Room for the empty store and the first checkpoints, and for no more.
MOUNT = "mount -t tmpfs -o size=400k tmpfs disk"
SIGMA = f"{sys.executable!r} -m sigma_core"
SCRIPT = f"""
{MOUNT} || exit 9
{SIGMA} train flowers.toml --quiet --directory disk/run --set 'stop=2000 epochs' --set 'checkpoint=1 epochs'
echo "trained $?"
mount -o remount,size=20m disk
{SIGMA} resume disk/run --quiet --set 'stop=2100 epochs' > /dev/null
echo "resumed $?"
{SIGMA} replay disk/run > /dev/null
echo "replayed $?"
"""


def test_a_run_on_a_full_disk_can_be_gone_on_with(recipe, tmp_path):
    """It says so and ends with 1; what lies there is whole, and with room it comes to the same end as any run."""
    (tmp_path / "disk").mkdir()
    if (
        shutil.which(ALONE[0]) is None
        or subprocess.run([*ALONE, "sh", "-c", MOUNT], cwd=tmp_path, capture_output=True, check=False).returncode
    ):
        pytest.skip("this system mounts nothing for us")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}

    done = subprocess.run(
        [*ALONE, "sh", "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )

    assert done.stdout.split("\n") == ["trained 1", "resumed 0", "replayed 0", ""]
    # However many checkpoints were whole, or that the first could not be written.
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert ": cannot be written: " in errors[0]
    assert "Traceback" not in done.stderr
