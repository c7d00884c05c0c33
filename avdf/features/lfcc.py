"""Linear-frequency cepstral coefficients and their changes over time, a baseline of ASVspoof challenges."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchaudio.functional import compute_deltas, create_dct, linear_fbanks

from avdf.config.bounds import check_within
from avdf.errors import ConfigError
from avdf.features import FEATURES
from avdf.features._level import LOWEST_FLOOR_DB, Standardize, relative_log, standardized
from avdf.features._powers import Powers, in_pieces


@dataclass(frozen=True, kw_only=True)
class LfccConfig:
    """The defaults are those of X. Wang and J. Yamagishi (Interspeech 2021): 20 + 20 + 20 coefficients.

    `num_deltas`: 1 appends the changes of the coefficients over time, 2 the changes of these as well.
    """

    num_coefficients: int = 20
    num_filters: int = 20
    num_deltas: int = 2
    n_fft: int = 512  # samples
    window_length: int = 320  # samples, at most n_fft
    hop_length: int = 160  # samples
    floor_db: float = -60.0  # relative to the mean power of the clip
    standardize: Standardize = "none"  # `bin`: each coefficient by itself, over the frames of the clip

    def __post_init__(self) -> None:
        check_within(self, "num_filters", lowest=1, highest=512)
        check_within(self, "num_coefficients", lowest=1, highest=self.num_filters)
        check_within(self, "num_deltas", lowest=0, highest=2)
        check_within(self, "n_fft", "hop_length", lowest=16, highest=16384)
        check_within(self, "window_length", lowest=16, highest=self.n_fft)
        check_within(self, "floor_db", lowest=LOWEST_FLOOR_DB, highest=0)


@FEATURES.register("lfcc", LfccConfig)
class Lfcc(nn.Module):
    """M. Sahidullah et al. (Interspeech 2015), section 2; torchaudio's LFCC but for the level."""

    modality = "audio"
    bank: Tensor
    transform: Tensor

    def __init__(self, config: LfccConfig, sample_rate_hz: int) -> None:
        super().__init__()
        self.config = config
        self.powers = Powers(config.n_fft, config.hop_length, config.window_length)
        num_bins = config.n_fft // 2 + 1
        bank = linear_fbanks(num_bins, 0.0, sample_rate_hz / 2, config.num_filters, sample_rate_hz)
        if not bank.any(dim=0).all():
            raise ConfigError(f"num_filters must be smaller or n_fft larger, got {config.num_filters}")
        self.register_buffer("bank", bank.T.contiguous(), persistent=False)
        transform = create_dct(config.num_coefficients, config.num_filters, norm="ortho")
        self.register_buffer("transform", transform.T.contiguous(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, coefficient, frame), float32: coefficients, then their changes."""
        return in_pieces(self._coefficients, waveform)

    def _coefficients(self, waveform: Tensor) -> Tensor:
        logarithms = relative_log(self.bank @ self.powers(waveform), self.config.floor_db)
        parts = [self.transform @ logarithms]
        for _ in range(self.config.num_deltas):
            # torchaudio's function makes as many groups as there are rows in all clips, which ONNX can't.
            is_exported = torch.compiler.is_compiling()
            parts.append(changes(parts[-1]) if is_exported else compute_deltas(parts[-1]))
        return standardized(torch.cat(parts, dim=1), self.config.standardize)


def changes(coefficients: Tensor) -> Tensor:
    """(clip, coefficient, frame) -> the slope over five frames, to within 1e-5 that of `compute_deltas`."""
    padded = functional.pad(coefficients, (2, 2), mode="replicate")
    near, far = padded[:, :, 3:-1] - padded[:, :, 1:-3], padded[:, :, 4:] - padded[:, :, :-4]
    return (near + 2 * far) / 10
