"""How far made images are from real ones."""

import numpy as np

COMPONENTS = 32


def frechet(real: np.ndarray, made: np.ndarray) -> float:
    """The Frechet distance of Heusel et al. (2017), of the real images' first principal components.

    |mean - mean'|**2 + trace(cov + cov' - 2 (cov cov')**0.5), where the paper has the features of an Inception network.
    """
    real, made = (images.reshape(len(images), -1).astype("float64") for images in (real, made))
    _, _, directions = np.linalg.svd(real - real.mean(0), full_matrices=False)
    real, made = ((images - real.mean(0)) @ directions[:COMPONENTS].T for images in (real, made))
    first, second = np.cov(real.T), np.cov(made.T)
    root = np.sqrt(np.linalg.eigvals(first @ second).real.clip(0)).sum()
    return float(((real.mean(0) - made.mean(0)) ** 2).sum() + np.trace(first + second) - 2 * root)
