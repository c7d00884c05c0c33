"""Heads of modalities: a cue in one modality alone is found by its head, and not by the other."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from making.scoring import score_clips
from making.sounds import RATE_HZ, make_sounds
from making.trainings import trained
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from avdf.config.detector_json import SavedModel
from avdf.config.schema import FramesConfig, ModelConfig
from avdf.config.training import TrainConfig
from avdf.data.dataset import LabelledClips
from avdf.detector import Detector, build_detector
from avdf.training.heads import HeadLabels, head_loss
from avdf.weight_files import finite_weights, save_weights

MODEL = ModelConfig(
    features={"audio": {"name": "log_mel", "num_mels": 32, "n_fft": 256}},
    encoders={
        "audio": {"name": "audio_cnn", "channels": [8, 8]},
        "video": {"name": "video_cnn", "channels": [8]},
    },
    fusion={"name": "concat", "dropout": 0.0, "drop_modality": 0.2},
    heads="per_modality",
)


@dataclass(frozen=True)
class PlantedFrames:
    """Noise, which is reddish in clips whose picture is fake; a clip without a picture has None."""

    config: FramesConfig
    reddish: frozenset[str]
    blind: frozenset[str] = frozenset()

    def at(self, clip: str, seconds: NDArray[np.float64]) -> NDArray[np.uint8] | None:
        if clip in self.blind:
            return None
        frames = np.random.default_rng(zlib.crc32(clip.encode())).integers(
            0, 200, (len(seconds), 3, 16, 16), dtype=np.uint8
        )
        frames[:, 0] += np.uint8(55 * (clip in self.reddish))
        return frames


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    """48 clips, 12 of each type: noise in the sound of B and D, red in the picture of C and D."""
    table, store = make_sounds(
        tmp_path_factory.mktemp("sounds"), tmp_path_factory.mktemp("cache"), num_each=4
    )
    table["video_fake"] = [int(name.split("/")[1][0]) % 2 for name in table["clip"]]
    types = {(0, 0): "A", (1, 0): "B", (0, 1): "C", (1, 1): "D"}
    table["type"] = [types[pair] for pair in zip(table["audio_fake"], table["video_fake"], strict=True)]
    frames = PlantedFrames(
        FramesConfig(num_frames=2, height=16, width=16), frozenset(table["clip"][table["video_fake"] == 1])
    )
    return LabelledClips(table, store, target="any", seconds=0.5, frames=frames)


@pytest.fixture(scope="module")
def detector(clips: LabelledClips) -> Detector:
    torch.manual_seed(0)
    detector = build_detector(MODEL, RATE_HZ)
    config = TrainConfig(epochs=12, batch_size=16, learning_rate=0.02, checkpoint="last")
    trained(clips, config, detector=detector, validate=lambda detector: {"f2_at_prevalence": 0.0, "auc": 0.5})
    return detector.eval()


def auc_against_a(detector: Detector, clips: LabelledClips, type_name: str) -> float:
    scores = score_clips(detector, clips, num_crops=1, batch_size=16, accelerator=Accelerator(cpu=True))
    types = clips.table["type"].to_numpy()
    chosen = (types == "A") | (types == type_name)
    return float(roc_auc_score(types[chosen] == type_name, scores[chosen]))


def test_a_cue_in_one_modality_is_found_by_its_head_and_not_by_the_other(detector, clips):
    # 16 clips of a type against 16 of A: without a cue the AUC has a standard error of .1
    assert auc_against_a(detector.head("audio"), clips, "B") > 0.95
    assert auc_against_a(detector.head("video"), clips, "C") > 0.95
    assert abs(auc_against_a(detector.head("audio"), clips, "C") - 0.5) < 0.3
    assert abs(auc_against_a(detector.head("video"), clips, "B") - 0.5) < 0.3


def test_the_joint_head_finds_all_types_and_each_modality_alone_its_own(detector, clips):
    for type_name in "BCD":
        assert auc_against_a(detector, clips, type_name) > 0.9
    assert auc_against_a(detector.alone("audio"), clips, "B") > 0.9
    assert auc_against_a(detector.alone("video"), clips, "C") > 0.9
    assert abs(auc_against_a(detector.alone("audio"), clips, "C") - 0.5) < 0.3


def test_the_loss_of_a_head_is_that_of_the_clips_that_have_its_modality():
    labels = {"video": HeadLabels(torch.tensor([1.0, 0.0, 1.0]), torch.tensor([1.0, 1.0, 2.0]))}
    logits = {"video": torch.tensor([0.0, 5.0, 0.0])}
    inputs = {"has_video": torch.tensor([True, False, True])}
    loss = head_loss(logits, labels, inputs, torch.tensor([0, 1, 2]))
    # log 2 of the first, nothing of the second, twice log 2 of the third, over three clips
    assert float(loss) == pytest.approx(np.log(2))


def test_a_clip_without_a_picture_is_scored_as_by_the_sound_alone(detector, clips):
    name = clips.table["clip"][0]
    source = clips._frames
    blind = LabelledClips(
        clips.table,
        clips.store,
        target="any",
        seconds=0.5,
        frames=PlantedFrames(source.config, source.reddish, frozenset([name])),
    )
    settings = {"num_crops": 1, "batch_size": 16, "accelerator": Accelerator(cpu=True)}
    unseen, heard = (
        score_clips(detector, blind, **settings),
        score_clips(detector.alone("audio"), clips, **settings),
    )
    seen = score_clips(detector, clips, **settings)
    assert unseen[0] == pytest.approx(heard[0], abs=1e-5)
    np.testing.assert_allclose(unseen[1:], seen[1:], atol=1e-5)


def test_a_saved_detector_comes_back_with_its_heads(detector, clips, tmp_path: Path):
    save_weights(detector.state_dict(), tmp_path / "weights")
    again = build_detector(SavedModel(**plugins(MODEL)).as_config(), RATE_HZ)
    again.load_state_dict(finite_weights(tmp_path / "weights"))
    assert list(again.heads) == ["audio", "video"]
    assert auc_against_a(again.head("video"), clips, "C") == auc_against_a(detector.head("video"), clips, "C")


def plugins(model: ModelConfig) -> dict[str, object]:
    """As detector.json holds them."""
    names = ("features", "encoders", "fusion", "heads")
    return {name: getattr(model, name) for name in names}


def test_heads_need_both_modalities():
    with pytest.raises(ValueError, match=r"heads: per_modality needs encoders of both"):
        ModelConfig(encoders={"audio": {"name": "audio_cnn"}}, heads="per_modality")
