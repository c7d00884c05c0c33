"""Plugins: what alters a training clip, the draw apart from the doing (docs/augmentations.md)."""

from avdf.registry import Registry

AUGMENTS = Registry("augmentation", "avdf.augment")
