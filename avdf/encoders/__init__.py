"""Plugins: audio features or video frames -> one vector per clip."""

from avdf.registry import Registry

ENCODERS = Registry("encoder", "avdf.encoders")
