"""Log powers of the constant-Q transform: with the frequency bands get wider and windows shorter."""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_positive, check_within
from avdf.errors import ConfigError
from avdf.features import FEATURES
from avdf.features._level import LOWEST_FLOOR_DB, Standardize, relative_log, standardized
from avdf.features._powers import in_pieces

_MOST_BINS = 1024
_LEAST_SHARE = 1e-4  # of its maximum: where the spectrum of a kernel is smaller, it counts as 0


@dataclass(frozen=True, kw_only=True)
class CqtConfig:
    """Bin k lies at f_min_hz * 2^(k / bins_per_octave); the defaults cover seven octaves up to 8 kHz."""

    f_min_hz: float = 62.5
    num_octaves: int = 7
    bins_per_octave: int = 24
    hop_length: int = 160  # samples, an even number
    floor_db: float = -60.0  # relative to the mean power of the clip
    standardize: Standardize = "clip"

    def __post_init__(self) -> None:
        check_positive(self, "f_min_hz", highest=24000)
        check_within(self, "f_min_hz", lowest=10, highest=24000)
        check_within(self, "num_octaves", lowest=1, highest=12)
        check_within(self, "bins_per_octave", lowest=1, highest=96)
        check_within(self, "hop_length", lowest=16, highest=16384)
        check_within(self, "floor_db", lowest=LOWEST_FLOOR_DB, highest=0)
        if self.hop_length % 2:
            raise ValueError(f"hop_length must be even, got {self.hop_length}")
        if self.num_bins > _MOST_BINS:
            raise ValueError(
                f"num_octaves * bins_per_octave must be at most {_MOST_BINS}, got {self.num_bins}"
            )

    @property
    def num_bins(self) -> int:
        return self.num_octaves * self.bins_per_octave


@dataclass(frozen=True)
class _Kernel:
    """The spectrum of a kernel, (band, frame) float32, from the band numbered `first` on.

    It is real: a kernel that is turned around in time is its own conjugate.
    """

    first: int
    spectrum: Tensor


@FEATURES.register("cqt", CqtConfig)
class Cqt(nn.Module):
    """J. C. Brown, Calculation of a constant Q spectral transform (JASA 89, 1991), equations 5 to 7.

    Each kernel is a Hann window of Q periods times a complex tone, centred on the frame. The products are
    taken over the spectrum of the whole clip (G. A. Velasco et al., DAFx 2011), in which a kernel is narrow,
    and folded to the number of frames before the inverse transform. Raises ConfigError if the highest bin
    is not below half the sample rate.
    """

    modality = "audio"
    not_exported = "cqt takes the Fourier transform of the whole clip, whose kernels depend on its length"

    def __init__(self, config: CqtConfig, sample_rate_hz: int) -> None:
        super().__init__()
        self.config, self.rate_hz = config, sample_rate_hz
        if (highest := frequency_hz(config, config.num_bins - 1)) >= sample_rate_hz / 2:
            raise ConfigError(
                f"f_min_hz and num_octaves end at {highest:.0f} Hz, not below half the sample rate"
            )

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, bin, 1 + samples / hop_length), float32"""
        return in_pieces(self._bins, waveform)

    def _bins(self, waveform: Tensor) -> Tensor:
        power = self.transform(waveform.float()).abs().square()
        return standardized(relative_log(power, self.config.floor_db), self.config.standardize)

    def transform(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, bin, frame), complex64: the dot product of each frame with each kernel."""
        hop, num_frames = self.config.hop_length, 1 + waveform.shape[1] // self.config.hop_length
        # Zeros at the end, as many as the longest kernel has: what wraps around meets only these.
        total = num_frames + math.ceil((2 * _half_length(self.config, 0, self.rate_hz) + 1) / hop)
        spectrum = torch.fft.rfft(waveform, total * hop)[:, : total * hop // 2]
        bands = spectrum.unflatten(1, (hop // 2, total))
        rows = []
        for of_bin in _kernels(self.config, self.rate_hz, total, waveform.device):
            within = bands[:, of_bin.first : of_bin.first + len(of_bin.spectrum)]
            rows.append((within * of_bin.spectrum).sum(dim=1))
        frames: Tensor = torch.fft.ifft(torch.stack(rows, dim=1))[:, :, :num_frames]
        return frames / hop


def frequency_hz(config: CqtConfig, number: int) -> float:
    """The centre of a bin."""
    return float(config.f_min_hz * 2 ** (number / config.bins_per_octave))


def kernel(config: CqtConfig, number: int, rate_hz: int) -> Tensor:
    """(sample,) complex128, an odd number of samples: the tone of a bin under its window, which sums to 1."""
    half = _half_length(config, number, rate_hz)
    places = torch.arange(-half, half + 1, dtype=torch.float64)
    window = torch.cos(math.pi * places / (2 * half + 2)) ** 2
    return torch.polar(window / window.sum(), 2 * math.pi * places * frequency_hz(config, number) / rate_hz)


def _half_length(config: CqtConfig, number: int, rate_hz: int) -> int:
    """Half the samples of a kernel: Q periods, such that neighbouring bins are a bandwidth apart."""
    quality = 1 / (2 ** (1 / config.bins_per_octave) - 1)
    return math.ceil(quality * rate_hz / frequency_hz(config, number) / 2)


@lru_cache(maxsize=4)  # lengths of clips; threads that score side by side share them
@torch.inference_mode(mode=False)  # whoever asks first, they can take part in a gradient
def _kernels(config: CqtConfig, rate_hz: int, total: int, device: torch.device) -> list[_Kernel]:
    """The kernels of all bins for the spectrum of `total` frames, in bands of the frame rate."""
    num_samples = total * config.hop_length
    kernels = []
    for number in range(config.num_bins):
        of_bin = kernel(config, number, rate_hz)
        half = len(of_bin) // 2
        centred = torch.zeros(num_samples, dtype=of_bin.dtype)
        centred[: half + 1], centred[-half:] = of_bin[half:], of_bin[:half]
        spectrum = torch.fft.fft(centred).real[: num_samples // 2].reshape(-1, total)
        largest = spectrum.abs().amax(dim=1)
        kept = torch.nonzero(largest >= _LEAST_SHARE * largest.max()).flatten()
        first, last = int(kept[0]), int(kept[-1])
        of_bands = spectrum[first : last + 1].to(torch.float32)
        kernels.append(_Kernel(first, of_bands.to(device)))
    return kernels
