"""check_encoder: passes the encoders of avdf, and names what is wrong with a broken one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from avdf.encoders import ENCODERS
from avdf.errors import ConfigError
from avdf.testing import check_encoder


@dataclass(frozen=True, kw_only=True)
class ToyConfig:
    dim: int = 64


class Toy(nn.Module):
    """The mean over time of the features times a weight: passes every check."""

    modality = "audio"

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        self.dim = config.dim
        self.scale = nn.Parameter(torch.ones(config.dim))

    def forward(self, features: Tensor) -> Tensor:
        return features.mean(dim=2) * self.scale


class OtherModality(Toy):
    modality = "smell"


class NoDim(Toy):
    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.dim = 0


class KeepsTime(Toy):
    def forward(self, features: Tensor) -> Tensor:
        return features


class Whole(Toy):
    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features).round().int()


class LogOfSilence(Toy):
    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features / features.std(dim=(1, 2), keepdim=True))


class InPlace(Toy):
    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features.mul_(2))


class Noisy(Toy):
    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features) + torch.rand(1)


class Sociable(Toy):
    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features - features.mean(dim=0))


class Overflows(Toy):
    def forward(self, features: Tensor) -> Tensor:
        vectors = super().forward(features)
        is_16_bits = torch.is_autocast_enabled("cpu")
        return vectors / 0.0 if is_16_bits else vectors


class Unused(Toy):
    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.idle = nn.Parameter(torch.ones(1))


class Weightless(Toy):
    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.shift = nn.Parameter(torch.ones(config.dim))

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features) + 0 * self.shift


class Adds(Toy):
    def forward(self, features: Tensor) -> Tensor:
        return features.sum(dim=2) * self.scale


class LongSighted(Toy):
    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features.unfold(2, 50, 50).mean(dim=3))


class NeedsTwo(Toy):
    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.norm = nn.BatchNorm1d(config.dim)

    def forward(self, features: Tensor) -> Tensor:
        return self.norm(super().forward(features))


class WrongSteps(Toy):
    def steps(self, features: Tensor) -> Tensor:
        return features  # (clip, dim, step)


class Forgetful(Toy):
    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.shift = torch.rand(1)

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features) + self.shift


@pytest.fixture
def registered() -> Iterator[Callable[[type[nn.Module]], str]]:
    def register(encoder_class: type[nn.Module]) -> str:
        ENCODERS.register("audio_toy", ToyConfig)(encoder_class)
        return "audio_toy"

    yield register
    ENCODERS._registered.pop("audio_toy", None)


def test_an_encoder_in_order_passes(registered):
    check_encoder(registered(Toy))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (OtherModality, "modality is 'smell'"),
        (NoDim, "dim is 0"),
        (KeepsTime, r"gives shape \(3, 64, 101\) for \(3, 64, 101\), not \(clip, dim\) = \(3, 64\)"),
        (Whole, r"gives torch\.int32"),
        (LogOfSilence, "gives a NaN or an infinity"),
        (InPlace, "changes its input in place"),
        (Noisy, "different vectors for the same input"),
        (Sociable, "another vector for a clip alone"),
        (Overflows, r"gives a NaN or an infinity in 16 bits"),
        (Unused, "does not use its weight idle"),
        (Weightless, "does not depend on its weight shift"),
        (Adds, r"gives a vector 5\.0 times as long, or as short, for a clip 5 times as long"),
        (LongSighted, r"fails on an input of shape \(3, 64, 11\)"),
        (NeedsTwo, "cannot be trained on a batch of one clip"),
        (WrongSteps, r"gives steps of shape \(3, 64, 101\), not \(clip, step, dim\) = \(3, step, 64\)"),
        (Forgetful, "after its weights are saved and loaded"),
    ],
)
def test_a_broken_encoder_fails_with_what_is_wrong(registered, broken: type[nn.Module], message: str):
    with pytest.raises(AssertionError, match=f"encoder 'audio_toy' .*{message}"):
        check_encoder(registered(broken))


def test_a_stub_and_an_unknown_name_are_refused():
    with pytest.raises(ConfigError, match="is a stub"):
        check_encoder("video_r3d")
    with pytest.raises(ConfigError, match="no encoder 'audio_cnm', did you mean 'audio_cnn'"):
        check_encoder("audio_cnm")
