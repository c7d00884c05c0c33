"""Plugins: features (audio) or frames (video) -> one vector a clip."""

from avdf.registry import Registry

ENCODERS = Registry("encoder", "avdf.encoders")
