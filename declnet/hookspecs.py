"""The hooks through which a plugin offers what it has.

A plugin is a module that an entry point of the group ``declnet`` names:

    [project.entry-points.declnet]
    swish = "declnet_swish"

Each hook returns a list, and nothing else happens in it. The decorators (``declnet.layer``, ``declnet.loss``, ...)
document the functions; declnet's own layers come through the same hooks.
"""

from __future__ import annotations

import pluggy

hookspec = pluggy.HookspecMarker("declnet")
hookimpl = pluggy.HookimplMarker("declnet")


@hookspec
def declnet_layers():
    """Offer layers: functions ``(net, x, ..., *, properties)`` that lower to ONNX operators.

    @hookimpl
    def declnet_layers():
        return [dense, embedding]
    """


@hookspec
def declnet_activations():
    """Offer activations: functions ``(net, x, *, properties)`` from a value to one of the same shape.

    @hookimpl
    def declnet_activations():
        return [relu, elu]
    """


@hookspec
def declnet_losses():
    """Offer losses: functions ``(net, prediction, *, properties)`` to values (N, ...), whose mean training makes small.

    @hookimpl
    def declnet_losses():
        return [mean_squared_error]
    """


@hookspec
def declnet_optimizers():
    """Offer optimizers: functions ``(net, parameter, gradient, *, learning_rate, properties)`` to the new parameter.

    @hookimpl
    def declnet_optimizers():
        return [sgd, adam]
    """


@hookspec
def declnet_schedules():
    """Offer learning-rate schedules: functions ``(net, step, *, properties)`` to a scalar, in the graph.

    @hookimpl
    def declnet_schedules():
        return [exponential, cosine]
    """


@hookspec
def declnet_initializers():
    """Offer initializers: functions ``(random, shape, fans, *, properties)`` to a numpy array.

    @hookimpl
    def declnet_initializers():
        return [glorot_uniform, zeros]
    """


@hookspec
def declnet_regularizers():
    """Offer regularizers: functions ``(net, weight, *, properties)`` to a scalar that is added to the loss.

    @hookimpl
    def declnet_regularizers():
        return [l1, l2]
    """


@hookspec
def declnet_constraints():
    """Offer constraints: functions ``(net, weight, *, properties)`` to the nearest weight that keeps a condition.

    @hookimpl
    def declnet_constraints():
        return [max_norm, non_negative]
    """


@hookspec
def declnet_metrics():
    """Offer metrics: functions ``(prediction, target, *, properties)`` of numpy arrays to a float.

    @hookimpl
    def declnet_metrics():
        return [accuracy]
    """


@hookspec
def declnet_sources():
    """Offer data sources: functions ``(folder, *, properties)`` to a ``declnet.Table`` of numpy arrays.

    @hookimpl
    def declnet_sources():
        return [csv, npz]
    """


@hookspec
def declnet_gradients():
    """Offer gradient rules: what ``declnet.autodiff.gradient("Op", domain="...")`` made of a function.

    @hookimpl
    def declnet_gradients():
        return [swish_gradient]
    """


@hookspec
def declnet_passes():
    """Offer passes: functions ``(graph, target) -> graph`` that put a graph in a form which suits a runtime.

    @hookimpl
    def declnet_passes():
        return [log_softmax_by_formula]
    """


@hookspec
def declnet_exporters():
    """Offer exporters: functions ``(model, path, *, properties)`` that write an inference model to a file.

    @hookimpl
    def declnet_exporters():
        return [onnx]
    """
