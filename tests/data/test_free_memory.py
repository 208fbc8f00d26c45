"""How much memory there is for data."""

from sigma_core.data._free_memory import _of_the_container, free_memory


def test_some_memory_is_free():
    """On whatever machine this runs."""
    assert 1 << 20 < free_memory() < 1 << 62


def test_a_container_has_what_its_limit_leaves(tmp_path):
    """Files that it caches are given back when they are wanted; without a limit the system has the say."""
    (tmp_path / "memory.max").write_text("1000\n", "ascii")
    (tmp_path / "memory.current").write_text("700\n", "ascii")
    (tmp_path / "memory.stat").write_text("anon 300\ninactive_file 250\n", "ascii")
    assert _of_the_container(tmp_path) == 550
    (tmp_path / "memory.max").write_text("max\n", "ascii")
    assert _of_the_container(tmp_path) == 1 << 62
    assert _of_the_container(tmp_path / "none") == 1 << 62
