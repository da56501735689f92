"""Orthogonal initialization."""

from collections.abc import Sequence

import numpy as np

from declnet import GraphError, initializer


@initializer("orthogonal.schema.json")
def orthogonal(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int], *, gain: float) -> np.ndarray:
    """A random orthogonal matrix times gain, which keeps lengths from layer to layer (Saxe et al., 2014).

    A kernel of shape (outputs, inputs, ...) is taken as a matrix of `outputs` rows; of a matrix that is not square,
    the rows or the columns, whichever are fewer, are orthonormal. Every orthogonal matrix is equally probable: the
    signs of R's diagonal are given back to Q (Mezzadri, 2007).

    Raises:
        GraphError: the weight has fewer than two axes.
    """
    if len(shape) < 2:
        raise GraphError(
            "the initializer orthogonal makes matrices and kernels",
            code="DN1402",
            allowed="two or more axes",
            hint='use "zeros" or {"type": "normal"} here',
        )
    rows, columns = shape[0], int(np.prod(shape[1:]))
    q, r = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diagonal(r) < 0, -1, 1)
    return (gain * (q if rows >= columns else q.T)).reshape(shape).astype(np.float32)
