"""Files and their classes, of images and of whatever else lies in folders."""

import shutil
import zipfile
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image
from sigma_data import Folder, Images


def test_a_folder_of_each_class(flowers):
    """Sorted, classes and files; other files are none of its business."""
    images = Images(flowers)
    made = images.extract()
    expected = [np.asarray(Image.open(path)) for path in sorted(flowers.glob("*/*.png"))]
    np.testing.assert_array_equal(made["inputs"], expected)
    assert made["inputs"].dtype == np.uint8
    assert made["targets"].tolist() == [0, 0, 1, 1, 2, 2]
    assert made["targets"].dtype == np.int64
    assert images.class_names() == ("daisy", "rose", "tulip")


def test_a_pattern_several_sources_and_an_archive_are_labelled_alike(flowers, tmp_path):
    """By the folder that a file lies in, wherever that is."""
    whole = Images(flowers).extract()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in flowers.glob("*/*.png"):
            archive.write(path, f"all/{path.parent.name}/{path.name}")
    several = [f"{flowers}/{name}" for name in ("daisy", "rose", "tulip")]
    for source in (f"{flowers}/*/*.png", f"{tmp_path}/a.zip!*", several, Folder(f"{flowers}/")):
        made = Images(source).extract()
        assert {name: sha256(array).hexdigest() for name, array in made.items()} == {
            name: sha256(array).hexdigest() for name, array in whole.items()
        }


def test_images_of_one_folder_have_no_classes(flowers):
    """Neither have those of which nobody wants to know."""
    assert list(Images(flowers / "rose").extract()) == ["inputs"]
    assert list(Images(flowers, classes="none").extract()) == ["inputs"]
    assert Images(flowers, classes="none").class_names() == ()


def test_classes_may_be_given_in_their_order(flowers):
    """Of one folder, too."""
    order = ("tulip", "daisy", "rose")
    assert Images(flowers, classes=list(order)).extract()["targets"].tolist() == [1, 1, 2, 2, 0, 0]
    assert Images(flowers / "rose", classes=["rose"]).extract()["targets"].tolist() == [0, 0]


def test_classes_that_are_numbers_are_sorted_as_such(flowers, tmp_path):
    """2 comes before 10."""
    for name in ("numbers/10", "numbers/2"):
        (tmp_path / name).mkdir(parents=True)
        shutil.copy(flowers / "rose" / "0.png", tmp_path / name)
    assert Images(tmp_path / "numbers").class_names() == ("2", "10")


@pytest.mark.parametrize(
    ("table", "expected", "names"),
    [
        ("name,label\nrose/0.png,red\ntulip/1.png,blue\n", [1, 0], ("blue", "red")),
        ("rose/0\tred\n\nflowers/tulip/1\tblue\n", [1, 0], ("blue", "red")),
        ("rose/0.png,7\ntulip/1.png,3\n", [7, 3], ()),
        ("\ufeffrose/0.png,0.5,more\ntulip/1.png,1\n", [0.5, 1.0], ()),
    ],
)
def test_a_table_names_files_and_labels(flowers, table, expected, names):
    """In its own order, with or without folders and suffixes; numbers stay what they are."""
    images = Images(flowers, labels=table.encode())
    made = images.extract()
    np.testing.assert_array_equal(
        made["inputs"], [np.asarray(Image.open(flowers / name)) for name in ("rose/0.png", "tulip/1.png")]
    )
    assert made["targets"].tolist() == expected
    assert images.class_names() == names


def test_a_table_may_only_choose(flowers):
    """Without labels, and with classes in an order."""
    assert list(Images(flowers, labels=b"rose/0\ntulip/1\n", classes="none").extract()) == ["inputs"]
    made = Images(flowers, labels=b"rose/0,b\ntulip/1,a\n", classes=["b", "a"]).extract()
    assert made["targets"].tolist() == [0, 1]


def stray(flowers):
    shutil.copy(flowers / "rose" / "0.png", flowers / "stray.png")
    return Images(flowers)


def bare(flowers):
    (flowers / "lily").mkdir()
    return Images(flowers)


def double(flowers):
    return Images(flowers, labels=b"0.png,a\n")


PLACES = {
    "a file above the classes": (
        stray,
        (
            "file '{}/stray.png': it lies in no folder of a class, as others do\n"
            "  expected: a folder for each class\n"
            '  to do:    move it into one, or leave classes out of the data with classes = "none"'
        ),
    ),
    "a class without images": (
        bare,
        (
            "folder '{}': there is nothing to be read in its folder '{}/lily'\n"
            "  expected: files in the folder of each class\n"
            "  to do:    add some, remove the folder, or name the classes that count"
        ),
    ),
    "a named class without images": (
        lambda flowers: Images(flowers, classes=["daisy", "rose", "tulip", "lily"]),
        (
            "folder '{}': no file lies in a folder of class 'lily'\n"
            "  expected: files of each class\n"
            "  to do:    add some, or leave the class out"
        ),
    ),
    "an unknown class": (
        lambda flowers: Images(flowers, classes=["daisy", "rose"]),
        (
            "file '{}/tulip/0.png': the folder 'tulip' that it lies in is no class\n"
            "  expected: one of daisy, rose\n"
            "  to do:    name it among the classes, or leave its files out"
        ),
    ),
    "an unknown class of a table": (
        lambda flowers: Images(flowers, labels=b"rose/0,rose\nrose/1,ros\n", classes=["daisy", "rose"]),
        (
            "memory, line 2: 'ros' is no class\n"
            "  expected: one of daisy, rose (nearest: rose)\n"
            "  to do:    name it among the classes, or mend the line"
        ),
    ),
    "an unknown file": (
        lambda flowers: Images(flowers, labels=b"name,label\nrose/0,1\nrose/9.png,2\n"),
        (
            "memory, line 3: there is no file 'rose/9.png'\n"
            "  expected: the name of a file of the source (nearest: rose/1.png)\n"
            "  to do:    mend the line, or name the folder of the files as source"
        ),
    ),
    "a single unknown file": (
        lambda flowers: Images(flowers, labels=b"x#y,1\n"),
        (
            "memory, line 1: there is no file 'x#y'\n"
            "  expected: the name of a file of the source\n"
            "  to do:    mend the line, or name the folder of the files as source"
        ),
    ),
    "a name of several files": (
        double,
        (
            "memory, line 1: '0.png' is the name of several files: {}/daisy/0.png, {}/rose/0.png\n"
            "  expected: names with as much of their folders as tells them apart"
        ),
    ),
    "an empty table": (
        lambda flowers: Images(flowers, labels=b"\n\n"),
        "memory: it names no file\n  expected: a row for each file: its name, its label",
    ),
    "no label": (
        lambda flowers: Images(flowers, labels=b"rose/0,a\nrose/1\n"),
        "memory, line 2: 'rose/1' has no label\n  expected: a name and a label",
    ),
    "no text": (
        lambda flowers: Images(flowers, labels=b"rose/0,\xff\n"),
        "memory: it is no text in UTF-8: invalid start byte\n  expected: a table in UTF-8",
    ),
    "no table": (
        lambda flowers: Images(flowers, labels=b'rose/0,"a\n'),
        "memory, line 1: it is no CSV: unexpected end of data\n  expected: a name and a label",
    ),
}


@pytest.mark.parametrize(("make", "text"), PLACES.values(), ids=PLACES)
def test_what_does_not_fit_together_is_told(make, text, flowers, refused):
    """With the file, the line or the folder."""
    assert refused(make(flowers).extract) == ("DataError", text.replace("{}", str(flowers)))


def test_a_folder_without_images_is_told(tmp_path, refused):
    """With the names of some that would do."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("")
    assert refused(Images(tmp_path).extract) == (
        "DataError",
        (
            f"folder '{tmp_path}': none of its 2 files has a name such as those of .apng, .avif, .bmp\n"
            "  expected: files of a kind that can be read\n"
            "  to do:    name another folder or pattern"
        ),
    )
