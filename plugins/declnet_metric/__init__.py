"""Metrics: what is reported of a model beside its loss."""

from declnet import hookimpl
from declnet_metric.accuracies import accuracy, binary_accuracy, top_k_accuracy
from declnet_metric.errors import (
    explained_variance,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    r2_score,
    root_mean_squared_error,
)
from declnet_metric.probabilities import perplexity, roc_auc
from declnet_metric.retrieval import f1, precision, recall


@hookimpl
def declnet_metrics():
    return [
        accuracy,
        binary_accuracy,
        explained_variance,
        f1,
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_squared_error,
        perplexity,
        precision,
        r2_score,
        recall,
        roc_auc,
        root_mean_squared_error,
        top_k_accuracy,
    ]
