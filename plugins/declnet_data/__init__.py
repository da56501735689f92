"""The data sources that come with declnet."""

from declnet import Component, hookimpl
from declnet_data.csv import csv
from declnet_data.digits import digits
from declnet_data.idx import idx
from declnet_data.npz import npz
from declnet_data.sklearn import sklearn
from declnet_data.text import text


@hookimpl
def declnet_sources() -> list[Component]:
    return [csv, digits, idx, npz, sklearn, text]
