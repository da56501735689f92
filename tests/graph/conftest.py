"""A graph to begin with, and a value in it."""

import numpy as np
import pytest

from declnet.graph import Graph


@pytest.fixture
def graph():
    return Graph()


@pytest.fixture
def x(graph):
    return graph.input("x", np.float32, ["N", 3])
