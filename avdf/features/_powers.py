"""Powers of short-time spectra, and how many clips at a time they are computed for."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

_CLIPS_AT_ONCE = 8  # on the CPU: the spectra of more clips leave its caches, and take twice as long


class Powers(nn.Module):
    """Squared magnitudes of the short-time Fourier transform under a Hann window, frames centred."""

    window: Tensor

    def __init__(self, n_fft: int, hop_length: int, window_length: int | None = None) -> None:
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        self.window_length = window_length or n_fft
        self.register_buffer("window", torch.hann_window(self.window_length), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, n_fft / 2 + 1, 1 + samples / hop_length), float32"""
        spectrum = torch.stft(
            waveform.float(),
            self.n_fft,
            self.hop_length,
            self.window_length,
            window=self.window,
            return_complex=True,
        )
        return spectrum.abs().square()


def in_pieces(features_of: Callable[[Tensor], Tensor], waveform: Tensor) -> Tensor:
    """(clip, sample) -> the features of all clips, a few clips at a time on the CPU."""
    if torch.compiler.is_compiling():  # an exported network takes any number of clips
        return features_of(waveform)
    if waveform.device.type == "cpu" and len(waveform) > _CLIPS_AT_ONCE:
        return torch.cat([features_of(clips) for clips in torch.split(waveform, _CLIPS_AT_ONCE)])
    return features_of(waveform)
