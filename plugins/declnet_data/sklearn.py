"""The small tables that come with scikit-learn: nothing is downloaded."""

from pathlib import Path

import numpy as np

from declnet import Table, source


@source("sklearn.schema.json")
def sklearn(folder: Path, *, dataset: str) -> Table:
    """A table of scikit-learn: features float32, and label (int64 classes) or, for diabetes, target (float32)."""
    from sklearn import datasets

    data = getattr(datasets, f"load_{dataset}")()
    features = data.data.astype(np.float32)
    if "target_names" not in data:
        return Table({"features": features, "target": data.target.astype(np.float32)})
    classes = [str(name) for name in data.target_names]
    return Table({"features": features, "label": data.target.astype(np.int64)}, labels={"label": classes})
