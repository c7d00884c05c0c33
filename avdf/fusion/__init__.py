"""Plugins, the classification head: one vector per modality, some possibly missing -> one logit per clip."""

from avdf.registry import Registry

FUSIONS = Registry("fusion", "avdf.fusion")
