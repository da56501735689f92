"""The data sources that come with declnet."""

import gzip
import struct
import zipfile

import declnet_data
import numpy as np
import pytest
from jsonschema import Draft202012Validator

from declnet import DataError

SOURCES = {source.type: source for source in declnet_data.declnet_sources()}


def read(type, folder=None, **properties):
    """Call a source as declnet does: with every property, the defaults filled in."""
    schema = SOURCES[type].schema
    Draft202012Validator({"additionalProperties": False, **schema}).validate(properties)
    defaults = {name: entry["default"] for name, entry in schema["properties"].items() if "default" in entry}
    return SOURCES[type](folder, **defaults | properties)


def refusal(type, folder, **properties):
    """The diagnostics with which a source refuses."""
    with pytest.raises(DataError) as caught:
        read(type, folder, **properties)
    assert all(len(str(diagnostic).splitlines()) <= 6 for diagnostic in caught.value.diagnostics)
    return caught.value.diagnostics


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_schemas(source):
    """Each fragment is a JSON Schema."""
    Draft202012Validator.check_schema(source.schema)


class TestDigits:
    def test_as_they_are(self):
        """scikit-learn's digits, from 0 to 1."""
        from sklearn.datasets import load_digits

        pixels, labels = load_digits(return_X_y=True)
        columns = read("digits").rows

        assert (np.float32, np.int64) == (columns["image"].dtype, columns["label"].dtype)
        assert (1797, 1, 8, 8) == columns["image"].shape
        assert (pixels / 16).tolist() == columns["image"].reshape(-1, 64).tolist()
        assert labels.tolist() == columns["label"].tolist()

    @pytest.mark.parametrize("size", [5, 28])
    def test_resized(self, size):
        """Other sizes agree with scipy's bilinear interpolation."""
        from scipy.ndimage import zoom

        small, resized = (read("digits", size=n).rows["image"][:50, 0] for n in (8, size))
        expected = zoom(small.astype(float), (1, size / 8, size / 8), order=1, mode="nearest", grid_mode=True)

        np.testing.assert_allclose(resized, expected, atol=1e-6)


class TestSklearn:
    @pytest.mark.parametrize(
        ("dataset", "shape", "classes"),
        [
            ("iris", (150, 4), ["setosa", "versicolor", "virginica"]),
            ("wine", (178, 13), ["class_0", "class_1", "class_2"]),
            ("breast_cancer", (569, 30), ["malignant", "benign"]),
        ],
    )
    def test_classes(self, dataset, shape, classes):
        """Features, labels and the names of the classes."""
        table = read("sklearn", dataset=dataset)

        assert shape == table.rows["features"].shape
        assert {"label": classes} == table.labels
        assert list(range(len(classes))) == np.unique(table.rows["label"]).tolist()

    def test_numbers(self):
        """The first patient of the diabetes study (Efron and others, 2004)."""
        table = read("sklearn", dataset="diabetes")

        assert (442, 10) == table.rows["features"].shape
        assert 151.0 == table.rows["target"][0]


class TestNpz:
    @pytest.fixture
    def folder(self, tmp_path):
        np.savez(tmp_path / "a.npz", x=np.arange(6).reshape(3, 2), y=[0, 1, 0], x_test=[[7, 8]])
        return tmp_path

    def test_columns(self, folder):
        """Arrays get the names that the spec wants."""
        table = read("npz", folder, path="a.npz", columns={"features": "x"}, test={"features": "x_test"})

        assert {"features": [[0, 1], [2, 3], [4, 5]]} == {n: v.tolist() for n, v in table.rows.arrays.items()}
        assert [[7, 8]] == table.test["features"].tolist()

    def test_all(self, tmp_path):
        """By default every array is a column."""
        np.savez_compressed(tmp_path / "b.npz", x=[1.5, 2.5], s=["a", "b"])

        assert {"x", "s"} == set(read("npz", tmp_path, path="b.npz").rows.columns)

    def test_missing(self, folder):
        """A file or an array that is not there is named, and the nearest array."""
        (no_file,) = refusal("npz", folder, path="b.npz")
        (no_array,) = refusal("npz", folder, path="a.npz", columns={"x": "x_tset"})
        (no_columns,) = refusal("npz", folder, path="a.npz", test={"x": "x_test"})

        assert (str(folder / "b.npz"), "No such file or directory") == (no_file.file, no_file.found)
        assert "the npz file has no array 'x_tset'; did you mean 'x_test'?" == no_array.message
        assert "test without columns" == no_columns.found

    def test_never_unpickles(self, tmp_path):
        """Python objects, and so their code, are not loaded."""
        np.savez(tmp_path / "a.npz", x=np.array([{}, None], object))
        (diagnostic,) = refusal("npz", tmp_path, path="a.npz")

        assert "allow_pickle=False" in diagnostic.found

    @pytest.mark.parametrize("damage", ["cut", "npy", "pickle", "member", "oversized"])
    def test_damaged(self, folder, damage):
        """Other formats and damaged archives are refused."""
        file = folder / "a.npz"
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }" % 10**17
        match damage:
            case "cut":
                file.write_bytes(file.read_bytes()[:-40])
            case "npy":
                with file.open("wb") as stream:
                    np.save(stream, [1, 2])
            case "pickle":
                file.write_bytes(b"\x80\x04]\x94.")
            case "member":
                with zipfile.ZipFile(file, "w") as archive:
                    archive.writestr("x.npy", b"no array")
            case "oversized":
                with zipfile.ZipFile(file, "w") as archive:
                    archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)

        assert refusal("npz", folder, path="a.npz")


class TestCsv:
    def read(self, tmp_path, text, columns, **properties):
        (tmp_path / "a.csv").write_text(text, encoding="utf-8")
        return read("csv", tmp_path, path="a.csv", columns=columns, **properties)

    def refusal(self, tmp_path, text, columns, **properties):
        (tmp_path / "a.csv").write_text(text, encoding="utf-8")
        return refusal("csv", tmp_path, path="a.csv", columns=columns, **properties)

    def test_columns(self, tmp_path):
        """A list makes a matrix, a name a column; strings become numbers of sorted classes."""
        text = 'a,b,species,count,size\n1,2.5,"setosa, wild",3,1\n\n-1e2, 4 ,iris,4,2.5\n0,0,iris,-5,3\n'
        columns = {"features": ["b", "a"], "label": "species", "count": "count", "size": "size"}
        table = self.read(tmp_path, text, columns)

        assert [[2.5, 1.0], [4.0, -100.0], [0.0, 0.0]] == table.rows["features"].tolist()
        assert [1, 0, 0] == table.rows["label"].tolist()
        assert [3, 4, -5] == table.rows["count"].tolist()
        assert [1.0, 2.5, 3.0] == table.rows["size"].tolist()
        assert ["float32", "int64", "int64", "float32"] == [str(held.dtype) for held in table.rows.columns.values()]
        assert {"label": ["iris", "setosa, wild"]} == table.labels

    def test_without_header(self, tmp_path):
        """Columns are then called by their number, from 1."""
        table = self.read(tmp_path, "\ufeff1;x\r\n2;y\r\n", {"n": "1", "s": "2"}, header=False, delimiter=";")

        assert [1, 2] == table.rows["n"].tolist()
        assert {"s": ["x", "y"]} == table.labels

    def test_every_mistake_with_its_line(self, tmp_path):
        """Missing values and cells that are no numbers are told of at once."""
        text = 'a,b,c\n1,x,red\n,2,red\nNA,3,\n"1\n2",inf,red\n4,1e39,red\n5,1_0,red\n'
        found = self.refusal(tmp_path, text, {"features": ["a", "b"], "label": "c"})
        expected = [
            (2, "column 'b': the cell is not a number", "'x'"),
            (3, "column 'a': the value is missing", "''"),
            (4, "column 'a': the value is missing", "'NA'"),
            (4, "column 'c': the value is missing", "''"),
            (6, "column 'a': the cell is not a number", "'1\\n2'"),
            (6, "column 'b': the cell is not a number", "'inf'"),
            (7, "column 'b': the cell is not a number", "'1e39'"),
            (8, "column 'b': the cell is not a number", "'1_0'"),
        ]

        assert expected == [(d.line, d.message, d.found) for d in found]
        assert {str(tmp_path / "a.csv")} == {d.file for d in found}

    def test_numbers_and_strings_in_one_column(self, tmp_path):
        """One mistyped number does not make a column of classes."""
        (mistake,) = self.refusal(tmp_path, "y\n1\n2\n3x\n", {"y": "y"})

        assert (4, "'3x'") == (mistake.line, mistake.found)

    def test_ragged(self, tmp_path):
        """Lines with too few or too many cells are told of."""
        found = self.refusal(tmp_path, "a,b\n1,2\n3\n4,5,6\n", {"x": ["a"]})

        assert [(3, "cells: 1"), (4, "cells: 3")] == [(mistake.line, mistake.found) for mistake in found]
        assert {"cells: 2"} == {mistake.allowed for mistake in found}

    def test_many_mistakes(self, tmp_path):
        """The first ten are shown, the others counted."""
        found = self.refusal(tmp_path, "a,b\n" + "1,\n" * 30, {"x": ["b"]})

        assert 11 == len(found)
        assert "20 more mistakes in this file" == found[-1].message

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "the csv file has no rows"),
            ("a,b\n", "the csv file has no rows"),
            ("a,a\n1,2\n", "two columns are called 'a'"),
            ("aa,b\n1,2\n", "did you mean 'aa'?"),
            ('a,b\n1,"2\n', "the csv file is malformed"),
        ],
    )
    def test_refusals(self, tmp_path, text, said):
        """Empty and malformed files are refused."""
        assert said in str(self.refusal(tmp_path, text, {"x": "a"})[0])

    def test_other_encoding(self, tmp_path):
        """Text must be UTF-8."""
        (tmp_path / "a.csv").write_bytes("a\nü\n".encode("latin-1"))

        assert "byte 0xfc" == refusal("csv", tmp_path, path="a.csv", columns={"x": "a"})[0].found
        assert "Is a directory" == refusal("csv", tmp_path, path=".", columns={"x": "a"})[0].found


class TestIdx:
    def write(self, folder, count=3, prefix="train", pack=lambda content: content, ending=""):
        """Write a pair of files; pixel k of all has the value k, label i of all is i."""
        images = struct.pack(">4I", 0x803, count, 28, 28) + bytes(k % 256 for k in range(count * 784))
        labels = struct.pack(">2I", 0x801, count) + bytes(range(count))
        (folder / f"{prefix}-images-idx3-ubyte{ending}").write_bytes(pack(images))
        (folder / f"{prefix}-labels-idx1-ubyte{ending}").write_bytes(pack(labels))

    @pytest.mark.parametrize(("pack", "ending"), [(bytes, ""), (gzip.compress, ".gz"), (gzip.compress, "")])
    def test_both_splits(self, tmp_path, pack, ending):
        """Plain or compressed; the test files make the test split."""
        self.write(tmp_path, 3, "train", pack, ending)
        self.write(tmp_path, 2, "t10k", pack, ending)
        table = read("idx", tmp_path, path=".")
        image, label = table.rows["image"], table.rows["label"]

        assert ((3, 1, 28, 28), np.uint8, np.int64) == (image.shape, image.dtype, label.dtype)
        assert [k % 256 for k in range(3 * 784)] == image.ravel().tolist()
        assert [0, 1, 2] == label.tolist()
        assert (2, 1, 28, 28) == table.test["image"].shape

    def test_scaled(self, tmp_path):
        """Bytes as numbers from 0 to 1, in both splits."""
        self.write(tmp_path, 3, "train")
        self.write(tmp_path, 2, "t10k")
        table = read("idx", tmp_path, path=".", scaled=True)
        image = table.rows["image"]

        assert (np.float32, np.float32) == (image.dtype, table.test["image"].dtype)
        np.testing.assert_allclose(image.ravel(), [k % 256 / 255 for k in range(3 * 784)], rtol=1e-6)

    def test_rows(self, tmp_path):
        """The first rows for training, and all for testing."""
        self.write(tmp_path, 3, "train")
        self.write(tmp_path, 3, "t10k")
        table = read("idx", tmp_path, path=".", rows=2)

        assert [0, 1] == table.rows["label"].tolist()
        assert (2, 3) == (len(table.rows["image"]), len(table.test["image"]))

    def test_without_test(self, tmp_path):
        """The test files may be absent, but not one of them."""
        self.write(tmp_path)

        assert read("idx", tmp_path, path=".").test is None

        (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, 0))

        assert "t10k-images-idx3-ubyte" in refusal("idx", tmp_path, path=".")[0].message

    @pytest.mark.parametrize(
        ("content", "found", "allowed"),
        [
            (b"", "magic number 0x", "0x00000803: unsigned bytes, 3 axes"),
            (struct.pack(">4I", 0x801, 3, 28, 28), "magic number 0x00000801", "0x00000803: unsigned bytes, 3 axes"),
            (struct.pack(">2I", 0x803, 3), "8 bytes", "16 bytes for the shape (3, 0, 0)"),
            (struct.pack(">4I", 0x803, 3, 28, 28) + bytes(783), "799 bytes", "2368 bytes for the shape (3, 28, 28)"),
            (struct.pack(">4I", 0x803, 1, 1, 1) + bytes(2), "18 bytes", "17 bytes for the shape (1, 1, 1)"),
            (
                struct.pack(">4I", 0x803, *[2**32 - 1] * 3),
                "16 bytes",
                f"{16 + (2**32 - 1) ** 3} bytes for the shape {(2**32 - 1,) * 3}",
            ),
        ],
    )
    def test_damaged(self, tmp_path, content, found, allowed):
        """Wrong magic numbers and lengths are refused."""
        self.write(tmp_path)
        (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
        (diagnostic,) = refusal("idx", tmp_path, path=".")

        assert (found, allowed) == (diagnostic.found, diagnostic.allowed)

    def test_truncated_gzip(self, tmp_path):
        """A download that broke off is refused."""
        self.write(tmp_path, pack=lambda content: gzip.compress(content)[:-20], ending=".gz")

        assert "the IDX file is damaged" == refusal("idx", tmp_path, path=".")[0].message

    def test_counts_differ(self, tmp_path):
        """Images and labels of different releases are refused."""
        self.write(tmp_path)
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, 2) + bytes(2))

        assert "3 images in train-images-idx3-ubyte" in refusal("idx", tmp_path, path=".")[0].found

    def test_no_folder(self, tmp_path):
        """A path that is not there is named."""
        (diagnostic,) = refusal("idx", tmp_path, path="mnist")

        assert (str(tmp_path / "mnist"), "no such folder") == (diagnostic.file, diagnostic.found)

    def test_files_stay_in_the_folder(self):
        """File names cannot lead elsewhere."""
        validator = Draft202012Validator(SOURCES["idx"].schema)

        assert not validator.is_valid({"path": ".", "images": "../secret"})
