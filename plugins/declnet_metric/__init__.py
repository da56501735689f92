"""Metrics: what is reported of a model beside its loss."""

from declnet import Component, hookimpl
from declnet_metric.accuracies import accuracy, binary_accuracy, top_k_accuracy
from declnet_metric.correlations import concordance_correlation, cosine_similarity, pearson_correlation
from declnet_metric.errors import (
    explained_variance,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    r2_score,
    root_mean_squared_error,
)
from declnet_metric.probabilities import average_precision, binary_cross_entropy, cross_entropy, perplexity, roc_auc
from declnet_metric.retrieval import f1, f_beta, iou, precision, recall


@hookimpl
def declnet_metrics() -> list[Component]:
    return [
        accuracy,
        average_precision,
        binary_accuracy,
        binary_cross_entropy,
        concordance_correlation,
        cosine_similarity,
        cross_entropy,
        explained_variance,
        f1,
        f_beta,
        iou,
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_squared_error,
        mean_squared_logarithmic_error,
        pearson_correlation,
        perplexity,
        precision,
        r2_score,
        recall,
        roc_auc,
        root_mean_squared_error,
        top_k_accuracy,
    ]
