"""The mel filter bank that log_mel and mfcc share: short-time Fourier transform, power, bank, logarithm."""

from typing import Any

import torch
from torch import Tensor, nn
from torchaudio.functional import melscale_fbanks

from avdf.config.bounds import check_within

_CLIPS_AT_ONCE = 8  # on the CPU: the spectra of more clips leave its caches, and take twice as long
_LOG_FLOOR = 1e-6  # added before the logarithm, as torchaudio's MFCC does with log_mels=True
_LEAST = 1e-20  # the floor of digital silence where the floor follows the clip


def check_mel(config: Any) -> None:
    """Checks num_mels, n_fft and hop_length of a config. Raises ValueError, the field's name first."""
    check_within(config, "num_mels", lowest=1, highest=512)
    check_within(config, "n_fft", lowest=16, highest=16384)
    check_within(config, "hop_length", lowest=16, highest=16384)


class LogMelBank(nn.Module):
    """The logarithm of torchaudio's MelSpectrogram (power 2, HTK mels, no norm), to within 1e-5.

    One torch.stft and one matrix product: about twice as fast as torchaudio's transform. `config` has
    num_mels, n_fft and hop_length; `band_hz` is the lowest and the highest frequency of the bank.
    `floor_db`: what is added before the logarithm, in dB relative to the mean power of the clip; None: 1e-6,
    whatever the level of the clip.
    """

    bank: Tensor
    window: Tensor

    def __init__(
        self,
        config: Any,
        band_hz: tuple[float, float],
        sample_rate_hz: int,
        floor_db: float | None = None,
    ) -> None:
        super().__init__()
        self.floor = None if floor_db is None else 10 ** (floor_db / 10)
        self.n_fft, self.hop_length = config.n_fft, config.hop_length
        low_hz, high_hz = band_hz
        bank = melscale_fbanks(config.n_fft // 2 + 1, low_hz, high_hz, config.num_mels, sample_rate_hz)
        self.register_buffer("bank", bank.T.contiguous(), persistent=False)
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, mel, frame), float32"""
        if waveform.device.type == "cpu" and len(waveform) > _CLIPS_AT_ONCE:
            return torch.cat([self._log_mel(clips) for clips in torch.split(waveform, _CLIPS_AT_ONCE)])
        return self._log_mel(waveform)

    def _log_mel(self, waveform: Tensor) -> Tensor:
        spectrum = torch.stft(
            waveform.float(), self.n_fft, self.hop_length, window=self.window, return_complex=True
        )
        power = self.bank @ spectrum.abs().square()
        if self.floor is None:
            return torch.log(power + _LOG_FLOOR)
        return torch.log(power + (self.floor * power.mean(dim=(1, 2), keepdim=True)).clamp(min=_LEAST))
