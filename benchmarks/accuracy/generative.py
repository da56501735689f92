"""The generative models of specs/ in PyTorch, and how each is trained and measured there."""

from __future__ import annotations

import torch
from baselines import glorot
from frechet import frechet
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, one_hot

from declnet.data import batches
from declnet.run import read_table, split_table
from declnet.spec import Spec

LATENT = 32


class VariationalAutoencoder(nn.Module):
    """encoded -> mean and log variance -> code -> logits of pixels; with *classes*, both halves are told the class."""

    def __init__(self, encode, width, code, decode, classes=0):
        super().__init__()
        self.encode, self.decode, self.classes = encode, decode, classes
        self.mean, self.log_variance = glorot(nn.Linear(width, code)), glorot(nn.Linear(width, code))

    def forward(self, image, label):
        told = [one_hot(label, self.classes).float()] if self.classes else []
        encoded = self.encode(torch.cat([image.flatten(1), *told], 1) if told else image)
        mean, log_variance = self.mean(encoded), self.log_variance(encoded)
        code = mean + torch.exp(log_variance / 2) * torch.randn_like(mean) if self.training else mean
        return self.decode(torch.cat([code, *told], 1)), mean, log_variance


def vae():
    encode = nn.Sequential(nn.Flatten(), glorot(nn.Linear(784, 256)), nn.ReLU())
    return VariationalAutoencoder(encode, 256, 16, dense_decoder(16))


def conditional_vae():
    return VariationalAutoencoder(nn.Sequential(glorot(nn.Linear(794, 256)), nn.ReLU()), 256, 3, dense_decoder(13), 10)


def vae_conv():
    encode = nn.Sequential(
        *(glorot(nn.Conv2d(1, 16, 4, 2, 1)), nn.ReLU(), glorot(nn.Conv2d(16, 32, 4, 2, 1)), nn.ReLU(), nn.Flatten())
    )
    decode = nn.Sequential(
        *(glorot(nn.Linear(16, 784)), nn.ReLU(), nn.Unflatten(1, (16, 7, 7))),
        *(glorot(nn.ConvTranspose2d(16, 16, 4, 2, 1)), nn.ReLU()),
        glorot(nn.ConvTranspose2d(16, 1, 4, 2, 1)),
    )
    return VariationalAutoencoder(encode, 1568, 16, decode)


def dense_decoder(code):
    layers = [glorot(nn.Linear(code, 256)), nn.ReLU(), glorot(nn.Linear(256, 784))]
    return nn.Sequential(*layers, nn.Unflatten(1, (1, 28, 28)))


def evidence(model, columns, index=slice(None)):
    """The reconstruction's mean cross entropy per pixel, plus the divergence's share of a pixel."""
    image = columns["image"][index]
    logits, mean, log_variance = model(image, columns["label"][index])
    divergence = (log_variance.exp() + mean**2 - log_variance - 1).sum(1) / 2
    return binary_cross_entropy_with_logits(logits, image) + divergence.mean() / 784


def train_gan(spec: Spec) -> dict[str, float]:
    """The Frechet distance that is reached; all rows are for training."""
    images = torch.tensor(split_table(spec, read_table(spec, None), False).train["image"])
    run, training = GanTraining(spec, {"image": images}), spec.training
    for epoch in range(training.epochs):
        for index in batches(len(images), training.batch_size, seed=training.seed, epoch=epoch):
            run.step(index)
    run.generator.eval()
    with torch.no_grad():
        return {"frechet": frechet(images.numpy(), run.generator(torch.randn(len(images), LATENT)).numpy())}


class GanTraining:
    """Goodfellow et al., algorithm 1: a step of the discriminator, then one of the generator."""

    def __init__(self, spec: Spec, train: dict):
        torch.manual_seed(spec.training.seed)
        self.generator = nn.Sequential(
            *(*hidden(LATENT, 128), *hidden(128, 256), glorot(nn.Linear(256, 784)), nn.Sigmoid()),
            nn.Unflatten(1, (1, 28, 28)),
        )
        self._discriminator = nn.Sequential(
            *(nn.Flatten(), glorot(nn.Linear(784, 256)), nn.LeakyReLU(0.2), nn.Dropout(0.3)),
            *(glorot(nn.Linear(256, 64)), nn.LeakyReLU(0.2), nn.Dropout(0.3), glorot(nn.Linear(64, 1))),
        )
        both = (self._discriminator, self.generator)
        self._tell, self._fool = (torch.optim.Adam(m.parameters(), 3e-4, betas=(0.5, 0.999)) for m in both)
        self._images = train["image"]

    def step(self, index) -> torch.Tensor:
        """Train on the rows *index*; return the sum of both losses."""
        judge = self._discriminator
        real, made = self._images[index], self.generator(torch.randn(len(index), LATENT))
        self._tell.zero_grad()
        told = _judged(judge(real), 0.9) / 2 + _judged(judge(made.detach()), 0.0) / 2
        told.backward()
        self._tell.step()
        self._fool.zero_grad()
        fooled = _judged(judge(made), 1.0)
        fooled.backward()
        self._fool.step()
        return (told + fooled).detach()


def hidden(before, after):
    """A layer of the generator."""
    return (
        glorot(nn.Linear(before, after, bias=False)),
        nn.BatchNorm1d(after, eps=1e-3, momentum=0.1),
        nn.LeakyReLU(0.2),
    )


def _judged(logits, target):
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


MODELS = {
    "vae": vae,
    "vae_conv": vae_conv,
    "conditional_vae": conditional_vae,
}
