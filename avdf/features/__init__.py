"""Plugins: waveform -> features, on the batch, on the device."""

from avdf.registry import Registry

FEATURES = Registry("feature", "avdf.features")
