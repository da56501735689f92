"""Train a spec's model in PyTorch: its data, splits, order of rows, epochs, batch size, optimizer and schedule."""

from __future__ import annotations

import copy
import math

import baselines
import generative
import sequences
import torch
from baselines import Standardize
from generative import VariationalAutoencoder, evidence
from torch.nn import functional

import declnet
from declnet.data import Rows, batches
from declnet.run import read_table, split_table
from declnet.spec import Spec

ROWS = 512
MODELS = {
    **baselines.MODELS,
    **generative.MODELS,
    **sequences.MODELS,
}


def train(spec: Spec, first: dict | None = None) -> dict[str, float]:
    """The figures on the test rows, with the weights of the epoch whose validation loss is least.

    Without a validation split, with the last weights. *first*: the values that the weights of declnet begin with, for
    models of LSTM layers to begin with, too.
    """
    if spec.name == "gan":
        return generative.train_gan(spec)
    training, parts = spec.training, split_table(spec, read_table(spec, None), False)
    train, validation, test = (part and columns(part) for part in (parts.train, parts.validation, parts.test))
    run = Training(spec, train)
    model, loss = run.model, run.loss
    if first:
        sequences.begin_alike(model, first)
    best, kept, waited = math.inf, None, 0
    for epoch in range(training.epochs):
        model.train()
        for index in batches(run.rows, training.batch_size, seed=training.seed, epoch=epoch):
            run.step(index)
        if not validation:
            continue
        waited += 1
        figure = evaluate(loss, model, validation)
        if figure < best:
            best, kept, waited = figure, copy.deepcopy(model.state_dict()), 0
        if training.early_stopping and waited == training.early_stopping.patience:
            break
    if kept:
        model.load_state_dict(kept)
    figures = {"loss": evaluate(loss, model, test)}
    if any(metric.type == "accuracy" for metric in training.metrics):
        figures["accuracy"] = evaluate(loss.accuracy, model, test)
    return figures


class Training:
    """The model of a spec, and what a step of its training does; *train* are the columns to train on."""

    def __init__(self, spec: Spec, train: dict):
        training = spec.training
        torch.manual_seed(training.seed)
        self.model, self.rows = MODELS[spec.name](), len(next(iter(train.values())))
        self.loss = evidence if isinstance(self.model, VariationalAutoencoder) else Loss(spec)
        if given := training.initialize_from:
            baselines.begin(self.model, declnet.open_run(given.path).weights)
        if isinstance(first := next(self.model.children()), Standardize):
            first.fit(train["features"])
        steps = training.epochs * math.ceil(self.rows / training.batch_size)
        (objective,) = training.objectives
        self._optimizer = OPTIMIZERS[objective.optimizer["type"]](self.model.parameters(), objective.optimizer)
        rate = factor(objective.optimizer["learning_rate"], steps)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, rate)
        self._spec, self._train, self._limit = spec, train, training.gradient_clip_norm

    def step(self, index) -> torch.Tensor:
        """Train on the rows *index*; return the loss."""
        self._optimizer.zero_grad()
        value = self.loss(self.model, self._train, index) + penalty(self._spec, self.model)
        value.backward()
        if self._limit:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._limit)
        self._optimizer.step()
        self._schedule.step()
        return value.detach()


class Loss:
    """The only loss of a spec, as a function of the model, the columns and the rows to take."""

    def __init__(self, spec: Spec):
        ((loss,),) = (objective.losses for objective in spec.objectives)
        self._features = list(spec.inputs)
        self._target, self._of = loss.target, LOSSES[loss.type]

    def __call__(self, model, columns, index=slice(None)):
        return self._of(self._predict(model, columns, index), columns[self._target][index])

    def accuracy(self, model, columns, index=slice(None)):
        predicted = self._predict(model, columns, index)
        classes = predicted.argmax(1) if predicted.shape[1] > 1 else (predicted[:, 0] > 0).long()
        return (classes == columns[self._target][index]).double().mean()

    def _predict(self, model, columns, index):
        return model(*(columns[name][index] for name in self._features))


def evaluate(figure, model, columns) -> float:
    """The mean of *figure* over all rows."""
    model.eval()
    rows = len(next(iter(columns.values())))
    with torch.no_grad():
        parts = torch.arange(rows).split(ROWS)
        return sum(float(figure(model, columns, part)) * len(part) for part in parts) / rows


def columns(part: Rows) -> dict[str, torch.Tensor]:
    """The columns of a split."""
    return {name: tensor(part[name]) for name in part.columns}


def tensor(values):
    """Bytes of pixels become numbers from 0 to 1; other values stay."""
    made = torch.tensor(values)
    return made.float() / 255 if made.dtype == torch.uint8 else made


def penalty(spec, model):
    """The spec's L2 penalty on a kernel, if it has one."""
    rates = [layer.properties.get("kernel_regularizer") for layer in spec.layers]
    rate = next((given["rate"] for given in rates if given), 0)
    return rate * sum((p**2).sum() for p in model.parameters() if p.ndim > 1) if rate else 0


def factor(learning_rate, steps):
    """The learning rate of a step, as a share of the first."""
    if learning_rate["type"] == "cosine":
        return lambda step: (1 + math.cos(math.pi * step / steps)) / 2
    return lambda step: 1.0


def _first(learning_rate):
    return learning_rate["initial"] if learning_rate["type"] == "cosine" else learning_rate["value"]


OPTIMIZERS = {
    "sgd": lambda parameters, given: torch.optim.SGD(
        parameters, _first(given["learning_rate"]), momentum=given["momentum"], nesterov=given["nesterov"]
    ),
    "adam": lambda parameters, given: torch.optim.Adam(parameters, _first(given["learning_rate"])),
    "adamw": lambda parameters, given: torch.optim.AdamW(
        parameters, _first(given["learning_rate"]), weight_decay=given["weight_decay"]
    ),
}
LOSSES = {
    "binary_cross_entropy": lambda x, y: functional.binary_cross_entropy_with_logits(x, y.float().reshape(x.shape)),
    "cross_entropy": functional.cross_entropy,
    "hinge": lambda x, y: torch.relu(1 - x[:, 0] * (2 * y - 1)).mean(),
    "mean_squared_error": lambda x, y: functional.mse_loss(x, y.reshape(x.shape)),
}
