"""The stress test of a detector with eyes: channels of pictures change frames alone, those of sound none."""

import zlib
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from making.sounds import RATE_HZ
from making.trainings import MODEL

from avdf.config.schema import FramesConfig, ModelConfig
from avdf.data.changed import ChangedCrops
from avdf.data.dataset import LabelledClips
from avdf.data.even_crops import EvenCrops
from avdf.data.video.rate import nearest_frames, num_frames
from avdf.detector import Detector, build_detector
from avdf.errors import ConfigError
from avdf.scoring import crop_logits, whole_scores
from avdf.stress.conditions import CONDITIONS, VIDEO_CONDITIONS, conditions_named
from avdf.stress.sample import sampled
from avdf.stress.scoring import HowToScore, Through, scores_through
from avdf.stress.seen import channels_heard, is_seen

NAMED = ["white_noise_10_db", "speed_plus_5", "picture_blur_2_px", "picture_frames_lost_50"]


@dataclass(frozen=True)
class NoisyFrames:
    """Five frames a second of a noise that the clip's name gives; none of the clip `blind`."""

    config: FramesConfig
    blind: str = ""

    def frames(self, clip: str) -> np.ndarray | None:
        if clip == self.blind:
            return None
        rng = np.random.default_rng(zlib.crc32(clip.encode()))
        return rng.integers(0, 256, (num_frames(1.0, 5.0), 3, 16, 16), dtype=np.uint8)

    def at(self, clip: str, seconds: np.ndarray) -> np.ndarray | None:
        frames = self.frames(clip)
        return None if frames is None else frames[nearest_frames(seconds, 5.0, len(frames))]


@pytest.fixture(scope="module")
def seen(clips: LabelledClips) -> LabelledClips:
    config = FramesConfig(num_frames=3, height=16, width=16, per_second=5.0)
    frames = NoisyFrames(config, blind=clips.name(1))
    return LabelledClips(clips.table, clips.store, target="audio", seconds=0.5, frames=frames)


@pytest.fixture(scope="module")
def both() -> Detector:
    torch.manual_seed(0)
    encoders = {**MODEL.encoders, "video": {"name": "video_cnn", "channels": [4]}}
    model = ModelConfig(features=MODEL.features, encoders=encoders)
    return build_detector(model, RATE_HZ, 0.5).eval()


def crops(clips: LabelledClips, *names: str) -> list[list[dict]]:
    """Per condition, the two crops of the first clip and of the second, which is blind."""
    conditions = conditions_named(names, "key", ("audio", "video"))
    changes = [Through(condition, 0, clips.sample_rate_hz) for condition in conditions]
    changed = ChangedCrops(clips, changes, num_crops=2)
    each = 2 * len(clips)
    return [[changed[number * each + crop] for crop in range(4)] for number in range(len(conditions))]


def test_default_is_34_channels_for_ears_and_eyes_and_5_for_eyes_alone():
    assert len(conditions_named(["default"], "key", ("audio", "video"))) == 1 + 29 + 5
    assert conditions_named(["default"], "key", ("video",)) == [CONDITIONS[0], *VIDEO_CONDITIONS]
    assert conditions_named(["default"], "key") == list(CONDITIONS)


def test_a_channel_of_what_a_detector_does_not_read_is_refused_with_that_reason():
    with pytest.raises(ConfigError, match="a_law changes sound, and the detector only looks"):
        conditions_named(["a_law"], "--conditions", ("video",))
    reason = r"^--conditions: picture_jpeg_30 changes pictures, and the detector only hears; leave it out"
    with pytest.raises(ConfigError, match=reason):
        conditions_named(["picture_jpeg_30"], "--conditions")


def test_channels_of_sound_leave_the_frames_and_channels_of_pictures_the_sound(seen: LabelledClips):
    clean, noisy, blurred = crops(seen, "white_noise_10_db", "picture_blur_2_px")
    for before, of_noise, of_blur in zip(clean, noisy, blurred, strict=True):
        np.testing.assert_array_equal(of_noise["frames"], before["frames"])
        np.testing.assert_array_equal(of_blur["waveform"], before["waveform"])
        assert not np.array_equal(of_noise["waveform"], before["waveform"])
        assert np.array_equal(of_blur["frames"], before["frames"]) != before["has_video"]
    assert [sample["has_video"] for sample in clean] == [True, True, False, False]


def test_a_lost_frame_shows_one_that_was_before_it_in_the_clip(seen: LabelledClips):
    _, lost = crops(seen, "picture_frames_lost_50")
    whole = seen.all_frames(0)[0]
    for sample in lost[:2]:
        for frame in sample["frames"]:
            assert any(np.array_equal(frame, other) for other in whole)


def test_clean_scores_are_those_of_the_ordinary_scoring(seen: LabelledClips, both: Detector):
    how = HowToScore(num_crops=2, batch_size=8, device=torch.device("cpu"))
    conditions = conditions_named(NAMED, "key", ("audio", "video"))
    scores = {
        condition.name: values for condition, values in scores_through(both, seen, conditions, how, seed=0)
    }
    ordinary = crop_logits(
        both, EvenCrops([seen], num_crops=2), batch_size=8, accelerator=Accelerator(cpu=True)
    )
    np.testing.assert_allclose(scores["clean"], whole_scores(ordinary, "mean")[0], atol=1e-6)
    assert all(not np.allclose(scores[name], scores["clean"], atol=1e-6) for name in NAMED)


def test_every_clip_is_tried_of_a_detector_that_sees(seen: LabelledClips):
    people = seen.table["voice"].to_numpy(object)
    repeated = seen.table.assign(track="t00001")
    same = LabelledClips(repeated, seen.store, target="audio", seconds=0.5)
    assert len(sampled(same, people, 0)) == 2  # one real, one fake
    assert len(sampled(same, people, 0, every_clip=True)) == len(seen)


def test_training_with_jpeg_has_had_the_channel_jpeg():
    heard = channels_heard({"jpeg": {"min_quality": 50}, "flip": {}}, [])
    assert [condition.name for condition in VIDEO_CONDITIONS if is_seen(condition, heard)] == [
        "picture_jpeg_30"
    ]
