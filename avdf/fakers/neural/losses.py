"""How far a reconstruction is from the original: spectra at several resolutions, and mels."""

import torch
from torch import Tensor, nn
from torchaudio.transforms import MelSpectrogram

_SIZES = (256, 512, 1024, 2048)  # samples of a window; a hop is a quarter
_FLOOR = 1e-4
_NUM_MELS, _MEL_SIZE = 64, 1024


class SpectralDistance(nn.Module):
    """Relative and logarithmic distances of magnitudes, summed over four resolutions.

    R. Yamamoto et al., Parallel WaveGAN, ICASSP 2020. A crop shorter than a window is compared with the
    shorter windows alone.
    """

    def forward(self, made: Tensor, original: Tensor) -> Tensor:
        """(clip, sample), (clip, sample) -> ()"""
        total = made.new_zeros(())
        sizes = [size for size in _SIZES if size < original.shape[1]]
        for size in sizes:
            window = torch.hann_window(size, device=made.device)
            first, second = (
                torch.stft(sound, size, size // 4, window=window, return_complex=True).abs() + _FLOOR
                for sound in (made, original)
            )
            total = total + torch.linalg.norm(first - second) / torch.linalg.norm(second)
            total = total + (first.log() - second.log()).abs().mean()
        return total / len(sizes)


class MelDistance(nn.Module):
    """The mean absolute difference of log mels, as in HiFi-GAN (J. Kong et al., NeurIPS 2020)."""

    def __init__(self, sample_rate_hz: int) -> None:
        super().__init__()
        self.mel = MelSpectrogram(
            sample_rate_hz, n_fft=_MEL_SIZE, hop_length=_MEL_SIZE // 4, n_mels=_NUM_MELS, power=1.0
        )

    def forward(self, made: Tensor, original: Tensor) -> Tensor:
        """(clip, sample), (clip, sample) -> ()"""
        first, second = (torch.log(self.mel(sound) + _FLOOR) for sound in (made, original))
        return (first - second).abs().mean()
