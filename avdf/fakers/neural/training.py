"""Trains the network of a faker on crops of real speech. Every step's draws depend on (seed, step) alone."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from avdf.data.audio.levels import as_float32
from avdf.data.crops import repeat_padded
from avdf.errors import UserError
from avdf.fakers._alignment import lag_ms
from avdf.fakers.neural import LEVEL
from avdf.fakers.neural.config import FakerConfig
from avdf.fakers.neural.discriminators import adversarial_loss, discriminator_loss, discriminator_of
from avdf.fakers.neural.losses import MelDistance, SpectralDistance
from avdf.fakers.neural.network import FakerNetwork
from avdf.files import write_with

_BETAS = (0.8, 0.99)
_MAX_GRAD_NORM = 1.0
_FINAL_SHARE = 0.05  # of the learning rate, at the last step
_CHECKED_BATCHES = 2
_SHORTEST = 1600  # samples: a shorter recording says little


@dataclass(frozen=True)
class Losses:
    """The terms of one step; `judged` is the discriminator's own loss, 0 without one."""

    total: float
    spectra: float
    mels: float
    commitment: float
    judged: float


class FakerTraining:
    """A network, its optimizer and the discriminator; `step` is the number of steps done."""

    def __init__(self, config: FakerConfig, waveforms: Sequence[NDArray[np.int16]]) -> None:
        self.config = config.train
        self.seed, self.rate_hz = config.seed, config.data.sample_rate_hz
        self.num_codebooks = (config.network.min_codebooks, config.network.num_codebooks)
        self.waveforms = [waveform for waveform in waveforms if len(waveform) >= _SHORTEST]
        if not self.waveforms:
            raise UserError("data: no real recording of 0.1 s or more to train on")
        torch.manual_seed(config.seed)
        self.network = FakerNetwork(config.network, self.rate_hz).train()
        self.spectra, self.mels = SpectralDistance(), MelDistance(self.rate_hz)
        self.optimizer = _optimizer_of(self.network, self.config.learning_rate)
        kind = config.train.discriminator
        self.judge = None if kind == "none" else _Judge(discriminator_of(kind), self.config.learning_rate)
        self.step = 0

    def batch(self, step: int) -> Tensor:
        """(crop, sample) random crops of an RMS of 0.1 each; silent ones are as they are."""
        rng = np.random.default_rng([self.seed, step])
        num_samples = round(self.config.seconds * self.rate_hz)
        crops = []
        for row in rng.integers(len(self.waveforms), size=self.config.batch_size):
            samples = self.waveforms[row]
            start = int(rng.integers(max(len(samples) - num_samples, 0) + 1))
            crop = as_float32(repeat_padded(samples, start, num_samples))
            crops.append(crop * np.float32(LEVEL / max(float(crop.std()), 1e-3)))
        return torch.from_numpy(np.stack(crops))

    def take_step(self, original: Tensor) -> Losses:
        """One step of the optimizers on (crop, sample)."""
        torch.manual_seed((self.seed << 32) + self.step)
        made, commitment = self.network(original, self._num_codebooks())
        spectra, mels = self.spectra(made, original), self.mels(made, original)
        total = spectra + self.config.mel_weight * mels + self.config.commitment_weight * commitment
        judged = 0.0
        if self.judge is not None and self.step >= self.config.adversarial_from:
            judged = self.judge.learn(original, made.detach(), self._rate())
            total = total + self.config.adversarial_weight * self.judge.loss(original, made)
        _descend(self.optimizer, self.network, total, self._rate())
        self.step += 1
        return Losses(total.item(), spectra.item(), mels.item(), commitment.item(), judged)

    def lag_ms(self) -> float:
        """By how much reconstructions are later than their originals: the median over some crops."""
        self.network.eval()
        original = torch.cat([self.batch(self.config.steps + number) for number in range(_CHECKED_BATCHES)])
        with torch.inference_mode():
            made, _ = self.network(original, self.num_codebooks[1])
        self.network.train()
        pairs = zip(original.numpy(), made.numpy(), strict=True)
        return float(np.median([lag_ms(parent, copy, self.rate_hz) for parent, copy in pairs]))

    def save(self, path: Path) -> None:
        """Writes all that `restore` needs to go on as if it had not been interrupted."""
        write_with(path, lambda temporary: torch.save(self._state(), temporary))

    def restore(self, path: Path) -> None:
        """Raises UserError if the file is no state of this training."""
        try:
            state = torch.load(path, weights_only=True)
            self.step = int(state["step"])
            for name, part in self._parts().items():
                part.load_state_dict(state[name])
        except (OSError, KeyError, ValueError, RuntimeError, EOFError) as error:
            raise UserError(f"{path}: not a state of this training ({error!s:.200}); remove it") from error

    def _state(self) -> dict[str, Any]:
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return {"step": self.step, **parts}

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        parts: dict[str, nn.Module | torch.optim.Optimizer] = {
            "network": self.network,
            "optimizer": self.optimizer,
        }
        if self.judge is not None:
            parts |= {"judge": self.judge.network, "judge_optimizer": self.judge.optimizer}
        return parts

    def _num_codebooks(self) -> int:
        lowest, highest = self.num_codebooks
        is_quantised = highest > 0 and self.step >= self.config.quantised_from
        return int(torch.randint(lowest, highest + 1, ())) if is_quantised else 0

    def _rate(self) -> float:
        """The learning rate: a quarter of a cosine, down to a share of the maximum."""
        share = self.step / max(self.config.steps, 1)
        fall = _FINAL_SHARE + (1 - _FINAL_SHARE) * (1 + math.cos(math.pi * share)) / 2
        return self.config.learning_rate * fall


class _Judge:
    """A discriminator and its optimizer."""

    def __init__(self, network: nn.Module, learning_rate: float) -> None:
        self.network, self.optimizer = network, _optimizer_of(network, learning_rate)

    def learn(self, original: Tensor, made: Tensor, rate: float) -> float:
        """One step towards telling both apart; returns its loss."""
        loss = discriminator_loss(self.network(original), self.network(made))
        _descend(self.optimizer, self.network, loss, rate)
        return loss.item()

    def loss(self, original: Tensor, made: Tensor) -> Tensor:
        """What the faker minimises."""
        return adversarial_loss(self.network(original), self.network(made))


def train_steps(
    training: FakerTraining, state: Path, should_stop: Callable[[], bool]
) -> Iterator[tuple[int, Losses]]:
    """Yields (step, losses) until the last step; saves the state now and then, and when it should stop."""
    last_saved = time.monotonic()
    while training.step < training.config.steps:
        losses = training.take_step(training.batch(training.step))
        if not math.isfinite(losses.total):
            raise UserError(f"train: the loss is {losses.total} at step {training.step}; lower learning_rate")
        yield training.step, losses
        is_due = time.monotonic() - last_saved > 60 * training.config.save_every_minutes
        if should_stop() or is_due:
            training.save(state)
            last_saved = time.monotonic()
        if should_stop():
            return


def _optimizer_of(network: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW(network.parameters(), learning_rate, betas=_BETAS)


def _descend(optimizer: torch.optim.Optimizer, network: nn.Module, loss: Tensor, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(network.parameters(), _MAX_GRAD_NORM)
    optimizer.step()
