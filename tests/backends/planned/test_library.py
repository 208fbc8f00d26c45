"""The matrix library's threads, shared by workers."""

import pytest

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.backends.planned import _library as library


class Library:
    """Counts threads as the real one does."""

    def __init__(self):
        self.threads = 8

    def get_num_threads(self):
        return self.threads

    def set_num_threads(self, threads):
        self.threads = threads


@pytest.fixture
def one(monkeypatch):
    made = Library()
    monkeypatch.setattr(library, "_libraries", lambda: (made,))
    monkeypatch.setattr(library, "cores", lambda: 8)
    return made


@pytest.mark.parametrize(("workers", "threads"), [(1, 8), (2, 4), (3, 2), (8, 1), (20, 1)])
def test_each_worker_has_its_share_of_the_cores(one, workers, threads):
    """And at least one thread; afterwards the library has its own again."""
    with NumpyBackend().sharing(workers):
        assert one.threads == threads
    assert one.threads == 8


def test_trainings_at_the_same_time_share_too(one):
    """Whichever leaves first."""
    first, second = NumpyBackend().sharing(2), NumpyBackend().sharing(2)
    first.__enter__()
    second.__enter__()
    assert one.threads == 2
    first.__exit__(None, None, None)
    assert one.threads == 4
    second.__exit__(None, None, None)
    assert one.threads == 8


def test_a_library_that_has_fewer_threads_gets_no_more(one):
    """As where somebody has limited it."""
    one.threads = 2
    with NumpyBackend().sharing(2):
        assert one.threads == 2
    assert one.threads == 2


def test_the_cores_are_those_of_this_process():
    """At least one."""
    assert library.cores() >= 1
