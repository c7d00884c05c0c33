"""Plugins that augment training clips: `draw` random parameters, `apply` them (docs/augmentations.md)."""

from avdf.registry import Registry

AUGMENTS = Registry("augmentation", "avdf.augment")
