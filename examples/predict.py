"""Serve an exported model: onnxruntime and numpy are all that it takes.

python examples/predict.py lenet5.onnx
"""

import sys

import numpy as np
import onnxruntime

PICTURE = """
. . # # # # . .
. # # . . # # .
. . . . . # # .
. . . # # # . .
. . . . # # # .
. . . . . . # #
. # . . . # # .
. # # # # # . .
"""

pixels = np.array([[mark == "#" for mark in row.split()] for row in PICTURE.split("\n") if row], "float32")

# The model saw pictures of 28x28 that were interpolated from 8x8.
weights = np.stack([np.interp((np.arange(28) + 0.5) * 8 / 28 - 0.5, np.arange(8), unit) for unit in np.eye(8)], axis=1)
image = (weights @ pixels @ weights.T).astype("float32")

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
digit, probability = session.run(["digit", "digit_probability"], {"image": image[None, None]})
print(PICTURE)
print(f"This is a {digit[0]}, says {sys.argv[1]} ({probability.max():.1%}).")
