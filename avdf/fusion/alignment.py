"""How badly sound and picture agree in time: the fusion that learns from real clips alone.

The idea of SyncNet (J. S. Chung and A. Zisserman, ACCV workshops 2016) and of AVH-Align (S. Smeu et al.,
arXiv 2412.00175): who has learned which sound goes with which picture finds fakes never seen before.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool1d, cross_entropy, normalize

from avdf.config.bounds import check_range, check_share, check_within
from avdf.errors import ConfigError
from avdf.fusion import FUSIONS

_SCALE, _MAX_SCALE = 10.0, 100.0  # of the agreement, from -1 to 1: at the start of the training, and at most
_SMALLEST_CHANGE = 0.1  # length that counts as 1: silence and still pictures agree with nothing


@dataclass(frozen=True, kw_only=True)
class AlignmentConfig:
    dim: int = 32  # numbers that each step of either modality is mapped to, 1 to 4096
    dropout: float = 0.2  # of the vectors of the steps
    min_shift_s: float = 0.2  # of the same sound as a counterexample, 0.02 to 10
    max_shift_s: float = 2.0  # at most half of the crop counts

    def __post_init__(self) -> None:
        check_within(self, "dim", lowest=1, highest=4096)
        check_share(self, "dropout")
        check_range(self, "min_shift_s", "max_shift_s", lowest=0.02, highest=10)


@FUSIONS.register("alignment", AlignmentConfig)
class Alignment(nn.Module):
    """`dims`: the length of the vectors of each modality's steps; `seconds`: of a crop.

    The steps of both are mapped linearly and their means over the crop removed; agreement is the cosine of
    what is left, over all steps together. The logit is the agreement with the sound shifted in a circle, by
    min_shift_s to max_shift_s either way (the logarithm of the mean of the exponentials, times a learned
    scale), minus that with the sound as it is: 0, a score of .5, where the sound as it is agrees no better.
    A clip that lacks a modality has logit 0: nothing is known.

    Raises ConfigError, which starts with a field, if a modality is missing or the crop too short for a shift.
    """

    reads_steps = True  # of encoders, instead of their vectors

    def __init__(self, config: AlignmentConfig, dims: Mapping[str, int], seconds: float) -> None:
        super().__init__()
        if sorted(dims) != ["audio", "video"]:
            raise ConfigError(f"name: alignment needs encoders of audio and video, got {', '.join(dims)}")
        if seconds < 4 * config.min_shift_s:
            wanted = f"a crop of {4 * config.min_shift_s:g} s or more (data.seconds)"
            raise ConfigError(f"min_shift_s: {config.min_shift_s:g} needs {wanted}, got {seconds:g}")
        self.config, self.seconds = config, seconds
        self.maps = nn.ModuleDict(
            {name: nn.Linear(dims[name], config.dim, bias=False) for name in sorted(dims)}
        )
        self.dropout = nn.Dropout(config.dropout)
        self.log_scale = nn.Parameter(torch.tensor(math.log(_SCALE)))

    def forward(self, steps: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """{modality: (clip, step, dim)}, {modality: (clip,) bool} -> (clip,) logits"""
        if len(steps) < len(self.maps):
            some = next(iter(steps.values()))
            return some.new_zeros(len(some), dtype=torch.float32)
        picture, sound = self._on_one_clock(steps)
        shifted = self._agreements(picture, sound)
        logits = shifted[:, 1:].logsumexp(dim=1) - math.log(shifted.shape[1] - 1) - shifted[:, 0]
        return logits * (present["audio"] & present["video"])

    def losses(self, steps: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """The same inputs, of real clips -> (clip,) the cross-entropy of telling a clip's own sound.

        It is told from itself shifted, and from the sounds of the other clips of the batch. 0 for a clip that
        lacks a modality.
        """
        picture, sound = self._on_one_clock(steps)
        has = present["audio"] & present["video"]
        others = self._scale() * (picture.flatten(1) @ sound.flatten(1).T)
        is_other = ~torch.eye(len(has), dtype=torch.bool, device=has.device) & has
        candidates = torch.cat(
            [self._agreements(picture, sound), others.masked_fill(~is_other, -torch.inf)], dim=1
        )
        own = torch.zeros(len(has), dtype=torch.long, device=has.device)
        return cross_entropy(candidates, own, reduction="none") * has

    def _on_one_clock(self, steps: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Picture and sound, of as many steps: (clip, step, dim) of length 1, what changes in the crop."""
        count = min(values.shape[1] for values in steps.values())
        mapped = []
        for name in ("video", "audio"):
            values = self.maps[name](self.dropout(steps[name])).float()
            even = adaptive_avg_pool1d(values.transpose(1, 2), count).transpose(1, 2)
            changes = even - even.mean(dim=1, keepdim=True)
            mapped.append(normalize(changes.flatten(1), dim=1, eps=_SMALLEST_CHANGE).view_as(changes))
        return mapped[0], mapped[1]

    def _agreements(self, picture: Tensor, sound: Tensor) -> Tensor:
        """(clip, 1 + shift) the scaled agreement with the sound as it is, then with each shift of it."""
        count = picture.shape[1]
        shifts = torch.tensor([0, *shifts_of(count, self.seconds, self.config)], device=picture.device)
        places = torch.arange(count, device=picture.device)
        pairs = picture @ sound.transpose(1, 2)  # (clip, step of the picture, step of the sound)
        diagonals = pairs[:, places, (places + shifts[:, None]) % count]
        return self._scale() * diagonals.sum(dim=2)

    def _scale(self) -> Tensor:
        return self.log_scale.clamp(max=math.log(_MAX_SCALE)).exp()


def shifts_of(count: int, seconds: float, config: AlignmentConfig) -> list[int]:
    """The shifts in a circle of `count` steps that are counterexamples, in steps, either way.

    >>> shifts_of(10, 1.0, AlignmentConfig())
    [2, 3, 4, 5, 6, 7, 8]
    >>> shifts_of(20, 10.0, AlignmentConfig(max_shift_s=1.0))
    [1, 2, 18, 19]
    """
    lowest = max(math.ceil(config.min_shift_s * count / seconds - 1e-6), 1)
    highest = max(min(math.floor(config.max_shift_s * count / seconds + 1e-6), count // 2), lowest)
    either_way = {*range(lowest, highest + 1), *(count - shift for shift in range(lowest, highest + 1))}
    return sorted(either_way - {0, count}) or [1]
