"""sample: pictures and arrays from a generative model."""

import json

import numpy as np
import pytest
from PIL import Image

SPEC = {
    "name": "noise",
    "inputs": {"image": {"shape": [1, 2, 2]}},
    "layers": [
        {"type": "noise", "shape": [1, 2, 3], "distribution": "uniform", "name": "drawn"},
        {"type": "flatten", "inputs": "image"},
        {"type": "dense", "units": 1, "name": "score"},
    ],
    "outputs": {"sample": "drawn"},
    "data": {"source": {"type": "npz", "path": "rows.npz"}},
    "training": {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": "adam",
        "epochs": 1,
        "batch_size": 4,
    },
}


@pytest.fixture(scope="module")
def run(tmp_path_factory, call):
    folder = tmp_path_factory.mktemp("noise")
    np.savez(folder / "rows.npz", image=np.zeros((8, 1, 2, 2), "float32"), y=np.zeros((8, 1), "float32"))
    (folder / "noise.json").write_text(json.dumps(SPEC))
    code, _, stderr = call("train", folder / "noise.json", "-o", folder / "run")
    assert code == 0, stderr
    return folder / "run"


def test_grid_of_pictures(call, run, tmp_path):
    """Six pictures of 2x3 pixels, four side by side, between white lines two pixels wide, values cut to 0..1."""
    assert 0 == call("sample", run, "-n", 6, "--columns", 4, "-o", tmp_path / "grid.png")[0]
    assert 0 == call("sample", run, "-n", 6, "-o", tmp_path / "rows.npz")[0]

    page = np.array(Image.open(tmp_path / "grid.png"))
    drawn = np.load(tmp_path / "rows.npz")["sample"]
    assert (2 * (2 + 2) + 2, 4 * (3 + 2) + 2) == page.shape
    np.testing.assert_allclose(page[6:8, 7:10] / 255, drawn[5, 0].clip(0, 1), atol=0.51 / 255)
    assert {255} == set(page[4].tolist()) | set(page[6:, 12:].ravel().tolist())


def test_nothing_is_overwritten(call, run, tmp_path):
    """A file that exists stays, without --force."""
    (tmp_path / "grid.png").write_text("mine")
    code, _, stderr = call("sample", run, "-o", tmp_path / "grid.png")

    assert (2, "mine") == (code, (tmp_path / "grid.png").read_text())
    assert "--force" in stderr


def test_only_pictures_become_pictures(call, tmp_path, run):
    """A suffix that nobody writes, and values of the wrong shape."""
    code, _, stderr = call("sample", run, "-o", tmp_path / "grid.jpg")

    assert 2 == code
    assert ".png, .npz, .json, .csv" in stderr


def test_a_classifier_cannot_be_sampled(call, tmp_path):
    """There is nothing random in it."""
    folder = tmp_path
    spec = {**SPEC, "outputs": {"score": "score"}, "layers": SPEC["layers"][1:]}
    np.savez(folder / "rows.npz", image=np.zeros((8, 1, 2, 2), "float32"), y=np.zeros((8, 1), "float32"))
    (folder / "score.json").write_text(json.dumps(spec))
    call("train", folder / "score.json", "-o", folder / "run")
    code, _, stderr = call("sample", folder / "run", "-o", folder / "grid.png")

    assert 2 == code
    assert "random outputs: none" in stderr and 'a layer "noise"' in stderr
    assert not (folder / "grid.png").exists()
