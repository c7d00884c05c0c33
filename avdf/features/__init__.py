"""Plugins: waveform (clip, sample) -> features (clip, bin, frame), computed per batch on its device."""

from avdf.registry import Registry

FEATURES = Registry("feature", "avdf.features")
