"""scripts/fetch_data.py, as far as it needs no network."""

import runpy

import numpy as np
import pytest
from declnet_data import declnet_sources

IDX, NPZ = ({source.type: source for source in declnet_sources()}[type] for type in ("idx", "npz"))


@pytest.fixture(scope="module")
def script(root):
    return runpy.run_path(str(root / "scripts" / "fetch_data.py"))


@pytest.fixture
def folder(tmp_path, script):
    """White squares of 8x8 pixels in pictures of 28x28, of each class in turn."""
    (tmp_path / "mnist").mkdir()
    images = np.zeros((5000, 28, 28))
    images[:, 10:18, 10:18] = 255
    script["write_idx"](tmp_path / "mnist" / "train-images-idx3-ubyte.gz", images)
    script["write_idx"](tmp_path / "mnist" / "train-labels-idx1-ubyte.gz", np.arange(5000) % 10)
    return tmp_path


def test_idx_files_are_what_the_source_reads(folder):
    """Written by the script, read by declnet."""
    properties = {name: entry.get("default") for name, entry in IDX.schema["properties"].items()}
    columns = IDX(folder, **properties | {"path": "mnist"}).rows

    assert ((5000, 1, 28, 28), 8 * 8 * 255) == (columns["image"].shape, columns["image"][7].sum())
    assert [0, 1, 2] == columns["label"][:3].tolist()


def test_scenes_have_the_class_of_each_pixel(folder, script):
    """Two squares at most in a scene, white where the pixel has a digit's class, dark where it has the ground's."""
    script["make_scenes"](folder)
    columns = NPZ(folder, path="digit-scenes.npz", columns=None, test=None).rows
    digit = columns["pixels"] < 10

    assert ((2500, 1, 48, 48), (2500, 48, 48)) == (columns["image"].shape, columns["pixels"].shape)
    assert (255 == columns["image"][:, 0][digit]).all()
    assert (64 > columns["image"][:, 0][~digit]).all()
    assert set(range(64, 129)) >= set(digit.sum(axis=(1, 2)).tolist())
    assert set(range(11)) == set(np.unique(columns["pixels"]).tolist())
