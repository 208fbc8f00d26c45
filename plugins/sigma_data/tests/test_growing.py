"""Records that are appended: by threads and processes, through crashes, and what is refused."""

import json
import pickle
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from sigma_data import Fill, Growing, Iris
from sigma_data.stores import InFolder

from sigma_core.errors import DataError, StorageError
from sigma_core.testing import check_dataset

WORDS = "dataset Growing, append"


def numbered(first, count, **changed):
    """Records that say which one they are."""
    numbers = np.arange(first, first + count)
    return {"inputs": np.repeat(numbers[:, None], 3, axis=1).astype(np.float32), "targets": numbers, **changed}


@pytest.fixture(params=["folder", "memory"])
def dataset(request, tmp_path):
    return Growing(tmp_path / "records" if request.param == "folder" else None)


def refused(action, error=DataError):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def test_records_lie_in_the_order_in_which_they_came(dataset, environment):
    """Whatever is appended later, and however they are read."""
    assert dataset.append(numbered(0, 5)) == 5
    assert dataset.append(numbered(5, 300)) == 305
    np.testing.assert_array_equal(dataset.load(environment)["targets"], np.arange(305))
    blocks = dataset.blocks(environment, 7)
    first = next(blocks)
    dataset.append(numbered(305, 1))
    np.testing.assert_array_equal(
        np.concatenate([first["inputs"], *(each["inputs"] for each in blocks)])[:, 1], range(305)
    )
    np.testing.assert_array_equal(dataset.take(np.array([305, 0, 7]))["targets"], [305, 0, 7])
    assert dataset.take(slice(1, 3))["inputs"].flags.c_contiguous


def test_whatever_a_trainer_takes_can_be_appended(dataset, environment):
    """A pair, lists, a table; numbers that fit are kept as the first ones were."""
    pandas = pytest.importorskip("pandas")
    dataset.append((np.zeros((1, 2), np.float32), np.zeros(1, np.int32)))
    dataset.append({"inputs": [[1, 2], [3, 4]], "targets": [5, 6]})
    dataset.append({"targets": np.array([True]), "inputs": np.ones((1, 2))})
    sections = dataset.load(environment)
    assert {name: array.dtype.name for name, array in sections.items()} == {"inputs": "float32", "targets": "int32"}
    np.testing.assert_array_equal(sections["targets"], [0, 5, 6, 1])
    table = Growing()
    table.append(pandas.DataFrame({"inputs": [1.5], "targets": [2]}))
    np.testing.assert_array_equal(table.load(environment)["inputs"], [1.5])


def test_many_threads_lose_nothing(dataset, environment):
    """Each append lies together, and readers meanwhile see whole records alone."""

    def append(number):
        for part in range(10):
            dataset.append(numbered(number * 1000 + part * 10, 10))

    threads = [threading.Thread(target=append, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if dataset.count(environment):
            sections = dataset.load(environment)
            np.testing.assert_array_equal(sections["inputs"], np.repeat(sections["targets"][:, None], 3, axis=1))
    targets = dataset.load(environment)["targets"].reshape(-1, 10)
    np.testing.assert_array_equal(targets, targets[:, :1] + np.arange(10))
    assert sorted(targets[:, 0]) == [number * 1000 + part * 10 for number in range(6) for part in range(10)]


CHILD = """
import sys
import numpy as np
from sigma_data import Growing
dataset = Growing({folder!r})
for number in range({times}):
    numbers = np.full(4, {who} * 1000 + number)
    dataset.append({{"inputs": np.repeat(numbers[:, None], 3, axis=1).astype("float32"), "targets": numbers}})
    print(number, flush=True)
"""


def test_several_processes_append_to_one_folder(tmp_path, environment):
    """And this one sees it."""
    folder = str(tmp_path / "records")
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD.format(folder=folder, times=20, who=who)], stdout=subprocess.DEVNULL
        )
        for who in range(3)
    ]
    assert [child.wait() for child in children] == [0, 0, 0]
    targets = Growing(folder).load(environment)["targets"].reshape(-1, 4)
    assert sorted(targets[:, 0]) == [who * 1000 + number for who in range(3) for number in range(20)]
    np.testing.assert_array_equal(targets, np.repeat(targets[:, :1], 4, axis=1))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.filterwarnings("ignore:.*of an append that broke off:UserWarning")
def test_a_process_that_is_killed_has_lost_nothing_of_what_it_was_told_is_kept(tmp_path, environment):
    """At whatever place of an append that happens."""
    folder = str(tmp_path / "records")
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(folder=folder, times=10**6, who=0)], stdout=subprocess.PIPE, text=True
    )
    told = [child.stdout.readline() for _ in range(25)]
    child.send_signal(signal.SIGKILL)
    told += child.communicate()[0].splitlines()
    dataset = Growing(folder)
    count = dataset.count(environment)
    assert count in (4 * len(told), 4 * len(told) + 4)
    assert dataset.append(numbered(9, 1)) == count + 1
    np.testing.assert_array_equal(dataset.load(environment)["targets"], [*np.repeat(np.arange(count // 4), 4), 9])


@pytest.mark.parametrize("name", ["records", "commits"])
def test_half_written_tails_are_cut_off_with_a_word(name, tmp_path, environment):
    """By the next append; until then nobody sees them."""
    dataset = Growing(tmp_path)
    dataset.append(numbered(0, 5))
    with (tmp_path / name).open("ab") as file:
        file.write(b"\xff" * 17)
    np.testing.assert_array_equal(dataset.load(environment)["targets"], range(5))
    with pytest.warns(UserWarning, match="broke off") as caught:
        dataset.append(numbered(5, 2))
    assert [str(each.message) for each in caught] == [
        f"'{tmp_path / name}': 17 bytes of an append that broke off are cut off"
    ]
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(dataset.load(environment)["targets"], range(7))


def test_a_record_that_a_loss_of_power_left_torn_does_not_count(tmp_path, environment):
    """Its commit has another sum."""
    dataset = Growing(tmp_path)
    dataset.append(numbered(0, 5))
    dataset.append(numbered(5, 5))
    content = bytearray((tmp_path / "commits").read_bytes())
    content[-1] ^= 1
    (tmp_path / "commits").write_bytes(content)
    assert dataset.count(environment) == 5
    with pytest.warns(UserWarning, match="of an append that broke off are cut off"):
        dataset.append(numbered(5, 1))
    np.testing.assert_array_equal(dataset.load(environment)["targets"], range(6))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no sizes of files")
def test_a_full_disk_is_told_of_and_nothing_is_lost(tmp_path, environment):
    """Neither what was there nor what comes when there is room again."""
    import resource

    dataset = Growing(tmp_path)
    dataset.append(numbered(0, 5))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 12, limits[1]))
    try:
        assert refused(lambda: dataset.append(numbered(5, 1000)), StorageError) == (
            f"{WORDS}, folder '{tmp_path}': nothing was appended: File too large\n"
            "  expected: a folder that can be written, with room for the records\n"
            "  to do:    free some space or give another folder, and append them again"
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    np.testing.assert_array_equal(dataset.load(environment)["targets"], range(5))
    assert dataset.append(numbered(5, 1000)) == 1005
    np.testing.assert_array_equal(dataset.load(environment)["targets"], range(1005))


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (
            {"input": np.zeros((2, 3))},
            f"{WORDS}: there is no section 'input'\n  expected: one of inputs, targets (nearest: inputs)",
        ),
        (
            {"inputs": np.zeros((2, 3))},
            f"{WORDS}: there is no section 'targets'\n  expected: all of inputs, targets",
        ),
        (
            numbered(0, 2, inputs=np.zeros((2, 4))),
            (
                f"{WORDS}, section 'inputs': records of shape (4,)\n"
                "  expected: shape (3,), as the records before have it\n"
                "  to do:    bring them to that shape"
            ),
        ),
        (
            numbered(0, 2, targets=[0.5, 1]),
            (
                f"{WORDS}, section 'targets': float64 values\n"
                "  expected: what int64 holds, as the records before are kept\n"
                "  to do:    give such values, or begin anew with records of a wider dtype"
            ),
        ),
        (
            numbered(0, 2, targets=np.array([1, 2**63], np.uint64)),
            (
                f"{WORDS}, section 'targets': the value 9223372036854775808\n"
                "  expected: what int64 holds, as the records before are kept\n"
                "  to do:    give such values, or begin anew with records of a wider dtype"
            ),
        ),
        (
            numbered(0, 1, inputs=np.full((1, 3), 1e300)),
            (
                f"{WORDS}, section 'inputs': the value 1e+300\n"
                "  expected: what float32 holds, as the records before are kept\n"
                "  to do:    give such values, or begin anew with records of a wider dtype"
            ),
        ),
        (
            numbered(0, 2, targets=[1]),
            (
                f"{WORDS}: its sections differ in their number of records: inputs 2, targets 1\n"
                "  expected: arrays whose first axes have the same length"
            ),
        ),
        (
            numbered(0, 2, inputs=[[1, 2], [3]]),
            (
                "data: section 'inputs' has records of unequal lengths, from 1 to 2\n"
                "  expected: an array, or lists of equal lengths\n"
                "  to do:    pad them, `inputs, mask = pad_sequences(records)`, and give layers and cost the mask as a "
                "section"
            ),
        ),
        (
            numbered(0, 1, inputs=np.full((1, 3), np.nan)),
            (
                f"{WORDS}: section 'inputs' is not finite in 1 of 1 records; the first is record 0, column 0: nan\n"
                "  expected: finite numbers\n"
                "  to do:    leave those records out or fill the values in before training"
            ),
        ),
        (numbered(0, 0), f"{WORDS}: it has no records\n  expected: at least one record"),
    ],
)
def test_records_of_another_form_are_refused_and_the_others_stay(records, message, dataset, environment):
    """All of an append or nothing."""
    dataset.append(numbered(0, 4))
    assert refused(lambda: dataset.append(records)) == message
    np.testing.assert_array_equal(dataset.load(environment)["targets"], range(4))
    assert dataset.append(numbered(4, 1)) == 5


def test_a_first_append_that_is_refused_leaves_no_form_behind(dataset, environment):
    """Objects are no records, and what comes next says what they look like."""
    records = {"inputs": np.zeros((2, 3)), "targets": np.array([None, 1], object)}
    assert refused(lambda: dataset.append(records)) == (
        f"{WORDS}, section 'targets': it holds object values\n"
        "  expected: numbers, truth values or texts\n"
        "  to do:    make numbers of them before they are appended"
    )
    dataset.append({"words": ["a", "abc"]})
    assert refused(lambda: dataset.append({"words": ["abcd"]})) == (
        f"{WORDS}, section 'words': the value abcd\n"
        "  expected: what <U3 holds, as the records before are kept\n"
        "  to do:    give such values, or begin anew with records of a wider dtype"
    )
    assert dataset.load(environment)["words"].tolist() == ["a", "abc"]


def test_missing_values_are_taken_where_a_preprocessor_fills_them_in(environment):
    """As by any dataset."""
    dataset = Growing(preprocess={"inputs": Fill(value=0)})
    dataset.append({"inputs": [[1.0, np.nan]]})
    np.testing.assert_array_equal(dataset.prepare(environment, 0).training["inputs"], [[1, 0]])


def test_a_dataset_that_is_closed_takes_no_more(dataset, environment):
    """What it has can be trained on still."""
    dataset.append(numbered(0, 4))
    dataset.close()
    assert refused(lambda: dataset.append(numbered(4, 1))) == (
        f"{WORDS}: it is closed\n  expected: a dataset that is open\n  to do:    make another one of the same folder"
    )
    assert dataset.prepare(environment, 0).records == 4


def test_a_base_is_copied_once_raw(tmp_path, environment):
    """By whoever counts first; its own preprocessing is left out."""
    dataset = Growing(tmp_path, base=Iris(), split=(0.8, 0.2))
    raw = Iris().load(environment)
    assert [Growing(tmp_path, base=Iris()).count(environment) for _ in range(2)] == [150, 150]
    dataset.append({name: array[:3] for name, array in raw.items()})
    assert dataset.count(environment) == Growing(tmp_path).count(environment) == 153
    np.testing.assert_array_equal(dataset.load(environment)["inputs"][:150], raw["inputs"])
    assert dataset.prepare(environment, 0).records == 122
    assert Growing(base=Iris()).append({name: array[:3] for name, array in raw.items()}) == 3


def test_damaged_folders_are_told_of(tmp_path, environment):
    """With what is missing."""
    dataset = Growing(tmp_path)
    dataset.append(numbered(0, 5))
    form, content = (tmp_path / "form.json").read_text(), (tmp_path / "records").read_bytes()
    (tmp_path / "records").write_bytes(content[:-1])
    assert refused(lambda: dataset.load(environment)) == (
        f"folder '{tmp_path}': the file 'records' is cut short: 4 records are left of 5\n"
        "  expected: a file to which records are appended alone\n"
        "  to do:    bring it back, or begin anew in another folder"
    )
    (tmp_path / "records").write_bytes(content)
    (tmp_path / "form.json").write_text(json.dumps({**json.loads(form), "version": 2}))
    told = "  expected: a folder of growing data, version 1\n  to do:    give another folder"
    assert refused(lambda: dataset.load(environment)) == (
        f"folder '{tmp_path}': its records are kept in version 2\n{told}"
    )
    (tmp_path / "form.json").write_text("{")
    assert refused(lambda: dataset.append(numbered(5, 1))).startswith(
        f"folder '{tmp_path}': 'form.json' cannot be read: JSONDecodeError: Expecting property name"
    )
    (tmp_path / "form.json").write_text(form)
    np.testing.assert_array_equal(dataset.load(environment)["targets"], range(5))


def test_the_contract_of_datasets_is_kept(tmp_path):
    """Read again and again, from memory and disk, in any blocks."""
    dataset = Growing(tmp_path / "records")
    dataset.append(numbered(0, 40))
    check_dataset(dataset)
    check_dataset(Growing(tmp_path / "irises", base=Iris()))


def test_it_goes_to_other_processes(tmp_path, environment):
    """By its folder."""
    dataset = Growing(tmp_path / "records")
    dataset.append(numbered(0, 4))
    assert pickle.loads(pickle.dumps(dataset)).count(environment) == 4  # noqa: S301  # its own
    assert dataset.store == InFolder(tmp_path / "records")
