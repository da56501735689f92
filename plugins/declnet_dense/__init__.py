"""Layers that multiply by learnt matrices, or look vectors up in them."""

from declnet import Component, hookimpl
from declnet_dense.bilinear import bilinear
from declnet_dense.dense import dense
from declnet_dense.discretize import discretize
from declnet_dense.einsum_dense import einsum_dense
from declnet_dense.embedding import embedding
from declnet_dense.maxout import maxout
from declnet_dense.one_hot import one_hot
from declnet_dense.tied_dense import tied_dense


@hookimpl
def declnet_layers() -> list[Component]:
    return [bilinear, dense, discretize, einsum_dense, embedding, maxout, one_hot, tied_dense]
