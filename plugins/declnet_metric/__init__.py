"""Metrics: what is reported of a model beside its loss."""

from declnet import hookimpl
from declnet_metric.accuracies import accuracy, binary_accuracy, top_k_accuracy
from declnet_metric.errors import mean_absolute_error, mean_squared_error, root_mean_squared_error


@hookimpl
def declnet_metrics():
    return [
        accuracy,
        binary_accuracy,
        mean_absolute_error,
        mean_squared_error,
        root_mean_squared_error,
        top_k_accuracy,
    ]
