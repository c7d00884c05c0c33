"""The network that is exported: waveform in, logit out, its Fourier transforms written as convolutions."""

import copy
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from avdf.detector import Detector
from avdf.features._powers import Powers

MOST_N_FFT = 4096  # the convolution has n_fft^2 weights


class ConvolvedPowers(nn.Module):
    """The powers of `Powers` as a convolution with cosines and sines under the window."""

    kernel: Tensor

    def __init__(self, powers: Powers) -> None:
        super().__init__()
        self.n_fft, self.hop_length = powers.n_fft, powers.hop_length
        before = (self.n_fft - powers.window_length) // 2
        after = self.n_fft - powers.window_length - before
        window = functional.pad(powers.window.double(), (before, after))
        places = torch.arange(self.n_fft, dtype=torch.float64)
        angles = 2 * math.pi * torch.outer(torch.arange(self.n_fft // 2 + 1, dtype=torch.float64), places)
        # Whole turns are taken off before the division, so that no digit is lost.
        angles = 2 * math.pi * ((angles / (2 * math.pi)).round() % self.n_fft) / self.n_fft
        waves = torch.cat([angles.cos(), angles.sin()]) * window
        self.register_buffer("kernel", waves.float()[:, None], persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, n_fft / 2 + 1, 1 + samples / hop_length), float32"""
        half = self.n_fft // 2
        padded = functional.pad(waveform.float()[:, None], (half, half), mode="reflect")
        parts = functional.conv1d(padded, self.kernel, stride=self.hop_length).square()
        return parts[:, : half + 1] + parts[:, half + 1 :]


class ExportedNetwork(nn.Module):
    """A detector that hears, as one function of the waveform."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = copy.deepcopy(detector).cpu().eval()
        for module in list(self.detector.modules()):
            for name, part in list(module.named_children()):
                if isinstance(part, Powers):
                    setattr(module, name, ConvolvedPowers(part))

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip,) logits"""
        logits: Tensor = self.detector(self.detector.extract({"waveform": waveform}))
        return logits


def largest_n_fft(detector: Detector) -> int:
    """Of its short-time Fourier transforms; 0 without one."""
    return max((part.n_fft for part in detector.modules() if isinstance(part, Powers)), default=0)
