"""Augmentations of frames: all frames of a crop alike, drawn as those of sound are, and only with eyes."""

from pathlib import Path

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.data.dataset import CropKey
from avdf.errors import ConfigError
from avdf.experiment.settings import load_experiment
from avdf.training.augmentation import build_augmentation

CONFIGS = Path(__file__).parents[2] / "configs"
NAMES = [name for name in AUGMENTS.names() if AUGMENTS.get(name).plugin_class.stage == "frames"]
ALL = {"flip": {"probability": 0.5}, "colour": {}, "jpeg": {}, "blur": {}}


def key(number: int = 0, **changed: object) -> CropKey:
    return CropKey(**{"seed": 0, "epoch": 0, "clip": f"{number}.mp4", "crop": 0, **changed})


def picture(seed: int = 0) -> np.ndarray:
    """(3, 40, 56) a smooth picture of random colours."""
    coarse = np.random.default_rng(seed).integers(0, 256, (3, 5, 7), dtype=np.uint8)
    return np.kron(coarse, np.ones((1, 8, 8), np.uint8))


@pytest.mark.parametrize("name", NAMES)
def test_the_frames_of_a_clip_are_changed_alike(name: str):
    """Five equal frames stay equal, and a frame is not changed by which others there are."""
    augmentation = build_augmentation({name: {}})
    still = np.stack([picture()] * 5)
    still.setflags(write=False)
    altered = augmentation.augment_frames(still, key())
    assert (altered.shape, altered.dtype) == (still.shape, np.uint8)
    assert not np.array_equal(altered, still)
    for frame in altered[1:]:
        np.testing.assert_array_equal(frame, altered[0])
    if name != "colour":  # whose contrast is measured on all frames
        moving = np.stack([picture(0), picture(1)])
        both = augmentation.augment_frames(moving, key())
        np.testing.assert_array_equal(both[1], augmentation.augment_frames(moving[1:], key())[0])


def test_equal_pixels_of_a_dark_and_a_bright_frame_get_equal_colours():
    """Contrast is measured on all frames together: measured on each, the common half would differ."""
    frames = np.zeros((2, 3, 8, 16), np.uint8)
    frames[:, :, :, :8] = np.array([100, 60, 30])[:, None, None]
    frames[1, :, :, 8:] = 250
    altered = build_augmentation({"colour": {"max_contrast": 0.5}}).augment_frames(frames, key(1))
    np.testing.assert_array_equal(altered[0, :, :, :8], altered[1, :, :, :8])


def test_half_of_the_clips_are_mirrored_with_a_probability_of_one_half():
    augmentation = build_augmentation({"flip": {"probability": 0.5}})
    frames = np.stack([picture()] * 2)
    altered = [augmentation.augment_frames(frames, key(number)) for number in range(200)]
    mirrored = [np.array_equal(item, frames[..., ::-1]) for item in altered]
    assert 70 < sum(mirrored) < 130
    untouched = [np.array_equal(item, frames) for item in altered]
    assert [not is_mirrored for is_mirrored in mirrored] == untouched


def test_draws_depend_on_seed_epoch_clip_crop_and_key_alone():
    augmentation, frames = build_augmentation(ALL), np.stack([picture()] * 2)
    first = augmentation.augment_frames(frames, key())
    np.testing.assert_array_equal(first, augmentation.augment_frames(frames, key()))
    for changed in ({"seed": 1}, {"epoch": 1}, {"crop": 1}, {"clip": "other.mp4"}):
        assert not np.array_equal(first, augmentation.augment_frames(frames, key(**changed)))
    with_sound = build_augmentation({"gain": {}, **ALL})
    np.testing.assert_array_equal(first, with_sound.augment_frames(frames, key()))
    sound = np.ones(100, np.float32)
    alone = build_augmentation({"gain": {}}).augment_waveform(sound, key(), sample_rate_hz=16000)
    np.testing.assert_array_equal(with_sound.augment_waveform(sound, key(), sample_rate_hz=16000), alone)


def test_frames_are_augmented_only_for_a_video_encoder():
    with pytest.raises(ConfigError, match=r"^model\.augment\.flip: changes frames; name an encoder in model"):
        load_experiment(CONFIGS / "audio_cnn.yaml", ["model.augment.flip={}"])
    config = load_experiment(CONFIGS / "video_cnn.yaml", ["model.augment.flip={probability: 0.5}"])
    assert config.model.augment["flip"] == {"name": "flip", "probability": 0.5}


@pytest.mark.parametrize(
    "key", ["model.augment.noise", "model.augment.spec_mask", "model.augment.mixup", "data.channel_copies"]
)
def test_sound_is_changed_only_for_an_audio_encoder(key: str):
    settings = "{channels: [{name: codec}]}" if key == "data.channel_copies" else "{}"
    with pytest.raises(ConfigError, match=f"^{key}: changes sound; name an encoder in model"):
        load_experiment(CONFIGS / "video_cnn.yaml", [f"{key}={settings}"])


@pytest.mark.parametrize("heads", ["joint", "per_modality"])
@pytest.mark.parametrize("settings", ["mixup: {}", "mix: {name: mixup}"])
def test_labels_are_not_mixed_where_pictures_are_not(settings: str, heads: str):
    """Half of a real voice with half of a fake one would stand beside the whole picture of one of them."""
    overrides = [f"model.augment={{{settings}}}", f"model.heads={heads}"]
    with pytest.raises(ConfigError, match=r"^model\.augment\.mix(up)?: mixes sound and labels"):
        load_experiment(CONFIGS / "av_cnn.yaml", overrides)
