"""Alignment: agreement against shifted sound by hand, and brightness that follows the sound."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from accelerate import Accelerator
from making.scoring import score_clips
from making.sounds import RATE_HZ, row_of, write_wav
from making.trainings import trained
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor

from avdf.config.schema import FramesConfig, ModelConfig
from avdf.config.training import TrainConfig
from avdf.data.audio.store import Decoding, open_store
from avdf.data.dataset import LabelledClips
from avdf.detector import Detector, build_detector
from avdf.errors import ConfigError
from avdf.experiment.data import real_clips
from avdf.fusion import FUSIONS

DIMS = {"audio": 2, "video": 2}
EVERYONE = {name: torch.ones(2, dtype=torch.bool) for name in DIMS}
SECONDS = 2.0
MODEL = ModelConfig(
    features={"audio": {"name": "log_mel", "num_mels": 32, "n_fft": 256, "floor_db": -60}},
    encoders={
        "audio": {"name": "audio_cnn", "channels": [8, 16], "dropout": 0.0},
        "video": {"name": "video_cnn", "channels": [8, 16]},
    },
    fusion={"name": "alignment", "dim": 8, "dropout": 0.0},
)


def build(**settings: float):
    """Whose maps change nothing, so that the steps are compared as they are."""
    fusion = FUSIONS.build(
        {"name": "alignment", "dim": 2, "dropout": 0.0, **settings},
        "model.fusion",
        {"dims": DIMS, "seconds": SECONDS},
    )
    for name in DIMS:
        fusion.maps[name].weight.data = torch.eye(2)
    return fusion.eval()


@pytest.fixture
def steps() -> dict[str, Tensor]:
    """Two clips of 20 steps in 2 s."""
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(2, 20, 2, generator=generator) for name in DIMS}


def by_hand(picture: Tensor, sound: Tensor, shift: int) -> float:
    """10 times the cosine of the changes of both over 20 steps, the sound shifted in a circle."""
    changes = [values.numpy() - values.numpy().mean(axis=0) for values in (picture, sound)]
    total = sum(changes[0][at] @ changes[1][(at + shift) % 20] for at in range(20))
    return 10 * float(total / np.linalg.norm(changes[0]) / np.linalg.norm(changes[1]))


def test_the_logit_compares_the_sound_as_it_is_with_shifts_of_a_fifth_of_a_second_or_more(steps):
    for clip, logit in enumerate(build()(steps, EVERYONE).tolist()):
        picture, sound = steps["video"][clip], steps["audio"][clip]
        # 10 steps a second: 2 to 10 forwards, and as many backwards, which are 10 to 18 in a circle of 20
        others = [by_hand(picture, sound, shift) for shift in range(2, 19)]
        expected = math.log(np.mean(np.exp(others))) - by_hand(picture, sound, 0)
        assert logit == pytest.approx(expected, abs=1e-4)


def test_the_loss_tells_the_own_sound_from_its_shifts_and_the_sound_of_the_other_clip(steps):
    for clip, loss in enumerate(build().losses(steps, EVERYONE).tolist()):
        picture = steps["video"][clip]
        own = by_hand(picture, steps["audio"][clip], 0)
        others = [by_hand(picture, steps["audio"][clip], shift) for shift in range(2, 19)]
        others.append(by_hand(picture, steps["audio"][1 - clip], 0))
        assert loss == pytest.approx(math.log(sum(np.exp([own, *others]))) - own, abs=1e-4)


def test_a_picture_that_follows_the_sound_agrees_and_one_that_lags_half_a_second_does_not(steps):
    lagging = {"audio": steps["audio"], "video": steps["audio"].roll(5, dims=1)}
    together = {"audio": steps["audio"], "video": 3 * steps["audio"] + 7}
    assert (build()(together, EVERYONE) < -5).all()
    assert (build()(lagging, EVERYONE) > 2).all()


def test_faster_steps_of_one_modality_are_averaged_to_the_pace_of_the_other(steps):
    faster = {"audio": steps["audio"].repeat_interleave(3, dim=1), "video": steps["video"]}
    torch.testing.assert_close(build()(faster, EVERYONE), build()(steps, EVERYONE))


def test_a_clip_without_a_modality_has_logit_0_and_is_no_counterexample(steps):
    present = {"audio": EVERYONE["audio"], "video": torch.tensor([True, False])}
    both, one = (build()(steps, had).detach() for had in (EVERYONE, present))
    assert one.tolist() == [pytest.approx(float(both[0])), 0.0]
    assert build()({"audio": steps["audio"]}, EVERYONE).tolist() == [0.0, 0.0]
    alone = {name: values[:1] for name, values in steps.items()}
    losses = build().losses(steps, present)
    torch.testing.assert_close(losses[:1], build().losses(alone, {name: EVERYONE[name][:1] for name in DIMS}))
    assert losses[1] == 0


def test_silence_and_a_still_picture_agree_no_better_than_shifted_and_have_finite_gradients(steps):
    fusion = build()
    still = {"audio": torch.zeros(2, 20, 2, requires_grad=True), "video": torch.ones(2, 20, 2)}
    assert fusion(still, EVERYONE).abs().max() < 1e-5
    fusion.losses(still, EVERYONE).sum().backward()
    assert still["audio"].grad.abs().max() < 1e3


@pytest.mark.parametrize(
    ("changed", "seconds", "message"),
    [
        (
            {"encoders": {"audio": {"name": "audio_cnn"}}},
            2.0,
            r"model\.fusion\.name: alignment needs encoders",
        ),
        ({"heads": "per_modality"}, 2.0, r"model\.heads: per_modality does not go with model\.fusion 'align"),
        (
            {},
            0.5,
            r"model\.fusion\.min_shift_s: 0\.2 needs a crop of 0\.8 s or more \(data\.seconds\), got 0",
        ),
        (
            {"encoders": {**MODEL.encoders, "audio": {"name": "audio_lcnn"}}},
            2.0,
            r"model\.encoders\.audio\.name: 'audio_lcnn' has no steps, which model\.fusion 'alignment' comp",
        ),
    ],
    ids=["one modality", "heads", "a short crop", "an encoder without steps"],
)
def test_what_cannot_be_aligned_is_refused_with_its_key(changed: dict, seconds: float, message: str):
    plugins = {name: getattr(MODEL, name) for name in ("features", "encoders", "fusion", "heads")}
    with pytest.raises(ConfigError, match=message):
        build_detector(ModelConfig(**{**plugins, **changed}), RATE_HZ, seconds)


@dataclass(frozen=True)
class Glow:
    """Frames as bright as the sound is loud; in fakes as it was 0.7 s before, or as another clip's is."""

    config: FramesConfig
    loudness: Mapping[str, NDArray[np.float64]]  # 100 values a second
    shown: Mapping[str, str] = field(default_factory=dict)  # whose loudness a clip shows, if not its own
    late: frozenset[str] = frozenset()

    def at(self, clip: str, seconds: NDArray[np.float64]) -> NDArray[np.uint8]:
        loudness = self.loudness[self.shown.get(clip, clip)]
        places = (100 * (seconds - 0.7 * (clip in self.late))).astype(int) % len(loudness)
        # The person in front of the light differs from clip to clip.
        tone = 60 + 10 * (int(clip[2:7]) % 10)
        frames = np.full((len(seconds), 3, 16, 16), tone, np.uint8)
        frames[:, :, 4:12, 4:12] += (100 * loudness[places]).astype(np.uint8)[:, None, None, None]
        return frames


def glowing(folder: Path, num_people: int, seed: int) -> LabelledClips:
    """Three clips a person of 3 s of noise that rises and falls: in step, late, and with another's light."""
    rng = np.random.default_rng(seed)
    rows, loudness = [], {}
    for person in range(num_people):
        for kind in ("own", "late", "other"):
            knots = rng.uniform(0, 1, 24)
            name = f"id{person:05}/{kind}.wav"
            loudness[name] = np.interp(np.arange(300) / 300, np.linspace(0, 1, 24), knots)
            waveform = rng.normal(0, 0.1, 3 * RATE_HZ) * np.repeat(loudness[name], RATE_HZ // 100)
            write_wav(folder / name, waveform)
            rows.append(row_of(name, f"id{person:05}", 0, person) | {"video_fake": int(kind != "own")})
    clips = pd.DataFrame(rows).sort_values("clip", ignore_index=True)
    store = open_store(folder, clips, folder / "cache", Decoding(sample_rate_hz=RATE_HZ))
    names = clips["clip"].tolist()
    shown = {name: name.replace("other", "own") for name in names if "other" in name}
    config = FramesConfig(num_frames=25, height=16, width=16)
    frames = Glow(config, loudness, shown, frozenset(name for name in names if "late" in name))
    return LabelledClips(clips, store, target="video", seconds=SECONDS, frames=frames)


def test_trained_on_real_clips_alone_it_finds_sound_that_is_late_or_of_another_clip(tmp_path: Path):
    learned = glowing(tmp_path / "train", 20, 0)
    torch.manual_seed(0)
    detector: Detector = build_detector(MODEL, RATE_HZ, SECONDS)
    config = TrainConfig(epochs=16, batch_size=10, learning_rate=0.01, checkpoint="last")
    real = real_clips(learned)
    assert (len(learned), len(real)) == (60, 20)
    trained(real, config, detector=detector, validate=lambda detector: {"f2_at_prevalence": 0.0, "auc": 0.5})
    unseen = glowing(tmp_path / "test", 12, 1)
    scores = score_clips(detector, unseen, num_crops=1, batch_size=16, accelerator=Accelerator(cpu=True))
    kinds = unseen.table["clip"].str.extract(r"/(\w+)\.")[0].to_numpy()
    for kind in ("late", "other"):
        chosen = np.isin(kinds, ("own", kind))
        assert roc_auc_score(kinds[chosen] == kind, scores[chosen]) > 0.95
