"""Layers that change images: at random while the model is trained, or by their own histogram."""

from declnet import Component, hookimpl
from declnet_augmentation.auto_contrast import auto_contrast
from declnet_augmentation.color_jitter import color_jitter
from declnet_augmentation.equalize import equalize
from declnet_augmentation.random_affine import random_affine
from declnet_augmentation.random_blur import random_blur
from declnet_augmentation.random_crop import random_crop
from declnet_augmentation.random_elastic_transform import random_elastic_transform
from declnet_augmentation.random_erasing import random_erasing
from declnet_augmentation.random_flip import random_flip
from declnet_augmentation.random_grayscale import random_grayscale
from declnet_augmentation.random_invert import random_invert
from declnet_augmentation.random_perspective import random_perspective
from declnet_augmentation.random_posterize import random_posterize
from declnet_augmentation.random_sharpness import random_sharpness
from declnet_augmentation.random_solarize import random_solarize


@hookimpl
def declnet_layers() -> list[Component]:
    return [
        auto_contrast,
        color_jitter,
        equalize,
        random_affine,
        random_blur,
        random_crop,
        random_elastic_transform,
        random_erasing,
        random_flip,
        random_grayscale,
        random_invert,
        random_perspective,
        random_posterize,
        random_sharpness,
        random_solarize,
    ]
