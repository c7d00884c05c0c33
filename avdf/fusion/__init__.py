"""Plugins: {modality: vector} and which of them are there -> one logit a clip."""

from avdf.registry import Registry

FUSIONS = Registry("fusion", "avdf.fusion")
