"""Settings of a trained faker: its network, and how it is trained."""

import math
from dataclasses import dataclass, field
from typing import Literal

from avdf.config.bounds import check_at_least, check_positive, check_within
from avdf.config.schema import DataConfig

Discriminator = Literal["none", "spectrum", "period"]


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """A codec (`num_codebooks` > 0) or a vocoder: encoder, residual quantiser, decoder.

    The product of `strides` is the number of samples per frame. `width` is the number of channels at the full
    rate, doubled with each stride; the iSTFT decoder has `num_blocks` blocks of `block_width` channels.
    """

    encoder: Literal["waveform", "mel"] = "waveform"
    decoder: Literal["transposed", "nearest", "istft"] = "transposed"
    strides: list[int] = field(default_factory=lambda: [2, 4, 5, 8])  # from the waveform to the frames
    width: int = 16
    code_size: int = 64  # numbers per frame between encoder and decoder
    num_codebooks: int = 4  # 0: nothing is quantised
    min_codebooks: int = 1  # a copy uses between this many and all of them
    codebook_size: int = 256
    num_mels: int = 80  # of the mel encoder
    num_blocks: int = 6
    block_width: int = 192

    def __post_init__(self) -> None:
        check_within(self, "width", lowest=1, highest=64)
        check_within(self, "code_size", "num_mels", lowest=4, highest=256)
        check_within(self, "num_codebooks", lowest=0, highest=32)
        check_within(self, "min_codebooks", lowest=1, highest=max(self.num_codebooks, 1))
        check_within(self, "codebook_size", lowest=2, highest=4096)
        check_within(self, "num_blocks", lowest=1, highest=32)
        check_within(self, "block_width", lowest=4, highest=1024)
        if not 1 <= len(self.strides) <= 6 or not all(2 <= stride <= 16 for stride in self.strides):
            raise ValueError(f"strides must be 1 to 6 numbers from 2 to 16, got {self.strides}")
        if not 32 <= self.hop_length <= 2048:
            raise ValueError(f"strides must have a product from 32 to 2048, got {self.hop_length}")

    @property
    def hop_length(self) -> int:
        """Samples per frame."""
        return math.prod(self.strides)


@dataclass(frozen=True, kw_only=True)
class FakerTrainConfig:
    """How a faker is trained: crops of real speech, their reconstruction compared with them."""

    steps: int = 2000  # >= 1
    batch_size: int = 8  # crops, >= 1
    seconds: float = 1.0  # of a crop, 0.25 to 10
    learning_rate: float = 1e-3  # the maximum; > 0
    mel_weight: float = 1.0  # of the log-mel distance, beside the distance of spectra, whose weight is 1
    commitment_weight: float = 0.25  # of the distance between codes and what they stand for
    quantised_from: int = 100  # the first step that quantises: the codes must be worth coding by then
    discriminator: Discriminator = "none"
    adversarial_weight: float = 0.1  # of the discriminator's judgement
    adversarial_from: int = 500  # the first step with it
    save_every_minutes: float = 5.0  # a state from which the same command continues; > 0

    def __post_init__(self) -> None:
        check_at_least(self, "steps", "batch_size")
        check_within(self, "seconds", lowest=0.25, highest=10)
        check_positive(self, "learning_rate", "save_every_minutes")
        check_within(self, "mel_weight", "commitment_weight", "adversarial_weight", lowest=0, highest=1000)
        check_at_least(self, "adversarial_from", "quantised_from", lowest=0)


@dataclass(frozen=True, kw_only=True)
class FakerConfig:
    """A faker to train; its name is the `audio_attack` of its copies."""

    name: str = "neural"
    seed: int = 0  # of the split, the weights and every random draw; >= 0
    data: DataConfig = field(default_factory=DataConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    train: FakerTrainConfig = field(default_factory=FakerTrainConfig)

    def __post_init__(self) -> None:
        check_attack(self.name)
        check_at_least(self, "seed", lowest=0)
        if self.network.num_codebooks and self.train.quantised_from >= self.train.steps:
            raise ValueError(
                f"train.quantised_from must be below train.steps, got {self.train.quantised_from} and "
                f"{self.train.steps}"
            )


def check_attack(name: str) -> None:
    """Raises ValueError unless a name can be a folder's and a column's: letters, digits, `_`, `-`, `.`."""
    plain = name.replace("_", "").replace("-", "").replace(".", "")
    if not (plain.isascii() and plain.isalnum() and len(name) <= 60) or name.startswith("."):
        raise ValueError(f"name must have 1 to 60 letters, digits, _, - or ., got {name[:60]!r}")
