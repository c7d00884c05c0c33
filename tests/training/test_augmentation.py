"""The augmentations of a config: order, seeds, workers, null."""

import pickle
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from making.detectors import CNN
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from avdf.config.loading import load_config
from avdf.data.dataset import CropKey
from avdf.detector import Detector, build_detector
from avdf.errors import ConfigError
from avdf.training.augmentation import Augmentation, build_augmentation, draws_for

WAVEFORM = np.random.default_rng(0).normal(0, 0.1, 4000).astype(np.float32)
MANY = {"gain": {}, "noise": {"probability": 0.7}, "time_shift": {}, "band_limit": {}, "rawboost": {}}
KEY = CropKey(seed=0, epoch=1, clip="A/x/y.mp4", crop=0)


def augmented(augmentation: Augmentation, key: CropKey = KEY) -> np.ndarray:
    return augmentation.augment_waveform(WAVEFORM, key, sample_rate_hz=16000)


class Augmented(Dataset):
    """Forty clips of one waveform, which differ only by what was drawn for them."""

    def __init__(self, augmentation: Augmentation) -> None:
        self.augmentation = augmentation

    def __len__(self) -> int:
        return 40

    def __getitem__(self, item: int) -> np.ndarray:
        return augmented(self.augmentation, CropKey(5, 2, f"{item}.mp4", 0))


def test_without_plugins_nothing_is_changed():
    inputs, is_fake = {"audio": torch.randn(2, 3, 4)}, torch.tensor([0.0, 1.0])
    keys = [KEY, replace(KEY, clip="b")]
    for nothing in (Augmentation(), build_augmentation({}), build_augmentation({"gain": None})):
        assert augmented(nothing) is WAVEFORM
        same, same_labels = nothing.augment_features(
            inputs, is_fake, [nothing.draw(key, 3, 4) for key in keys]
        )
        assert same["audio"] is inputs["audio"]
        assert same_labels is is_fake
        assert nothing.resolved() == {}


def test_draws_are_the_same_with_0_and_2_workers():
    clips = Augmented(build_augmentation(MANY))
    alone = torch.cat(list(DataLoader(clips, batch_size=8)))
    two = torch.cat(list(DataLoader(clips, batch_size=8, num_workers=2)))
    assert torch.equal(alone, two)
    assert len({row.numpy().tobytes() for row in alone}) == 40  # each clip its own draw


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"epoch": 2}, {"clip": "A/x/z.mp4"}, {"crop": 1}, {}], ids=str
)
def test_a_draw_depends_on_seed_epoch_clip_and_crop(other):
    augmentation = build_augmentation({"gain": {}})
    first, second = augmented(augmentation), augmented(augmentation, replace(KEY, **other))
    assert np.array_equal(first, second) == (not other)


def test_a_draw_is_the_same_in_every_process_and_on_every_machine():
    rng = np.random.default_rng([0, 1, zlib.crc32(b"A/x/y.mp4"), 0, zlib.crc32(b"gain")])
    assert rng.random() < 1  # probability comes first
    factor = 10 ** (rng.uniform(-12, 12) / 20)
    np.testing.assert_allclose(augmented(build_augmentation({"gain": {}})), factor * WAVEFORM, rtol=1e-6)


def test_a_draw_does_not_depend_on_other_augmentations():
    alone = augmented(build_augmentation({"time_shift": {}}))
    with_gain = build_augmentation({"gain": {"min_db": 0, "max_db": 0}, "time_shift": {}})
    np.testing.assert_array_equal(augmented(with_gain), alone)


def test_augmentations_come_in_the_order_of_the_config():
    first, second = (
        augmented(build_augmentation({key: {} for key in keys}))
        for keys in (["noise", "reverb"], ["reverb", "noise"])
    )
    assert np.abs(first - second).max() > 1e-3


def test_the_masks_of_a_clip_do_not_depend_on_its_place_in_the_batch():
    augmentation = build_augmentation({"spec_mask": {"max_share": 0.5}})
    features, is_fake = torch.randn(3, 10, 30), torch.tensor([0.0, 1.0, 1.0])
    keys = [CropKey(3, 0, "a", 0), CropKey(3, 0, "b", 1), CropKey(3, 0, "c", 0)]
    drawn = [augmentation.draw(key, 10, 30) for key in keys]
    together, same = augmentation.augment_features({"audio": features}, is_fake, drawn)
    backwards, _ = augmentation.augment_features({"audio": features.flip(0)}, is_fake, drawn[::-1])
    torch.testing.assert_close(together["audio"], backwards["audio"].flip(0))
    assert same is is_fake
    assert not torch.equal(together["audio"], features)


def test_mixup_after_masks_mixes_masked_clips_and_their_labels():
    only_masks = build_augmentation({"spec_mask": {}})
    both = build_augmentation({"spec_mask": {}, "mixup": {"alpha": 1.0}})
    inputs, is_fake = {"audio": torch.randn(2, 10, 30)}, torch.tensor([0.0, 1.0])
    keys = [CropKey(0, 0, "a", 0), CropKey(0, 0, "b", 0)]
    drawn = [both.draw(key, 10, 30) for key in keys]
    masked = only_masks.augment_features(inputs, is_fake, drawn)[0]["audio"]
    mixed, shares = both.augment_features(inputs, is_fake, drawn)
    first_share = torch.stack([1 - shares[0], shares[1]])[:, None, None]  # of a clip's own features
    torch.testing.assert_close(mixed["audio"], first_share * masked + (1 - first_share) * masked.flip(0))


def test_draws_have_the_bins_and_frames_of_the_detectors_features():
    """A crop of 0.5 s at 16 kHz has 8000 / 160 + 1 frames."""
    masks = build_augmentation({"spec_mask": {"max_share": 0.5}, "gain": {}})
    draw = draws_for(masks, build_detector(CNN, 16000), 8000)
    assert draw is not None
    assert draw(KEY) == {"spec_mask": masks.draw(KEY, 64, 51)["spec_mask"]}


def test_without_features_to_augment_nothing_is_drawn():
    detector = build_detector(CNN, 16000)
    assert draws_for(build_augmentation({"gain": {}}), detector, 8000) is None
    without_audio = Detector({}, {"video": nn.Linear(3, 3)}, nn.Identity())
    assert draws_for(build_augmentation({"spec_mask": {}}), without_audio, 8000) is None


class Flat(nn.Module):
    """Features of another shape: (clip, bin)."""

    def forward(self, waveform: Tensor) -> Tensor:
        return waveform[:, :90]


def test_masks_on_features_of_another_shape_are_refused_by_key():
    detector = Detector({"audio": Flat()}, {"audio": nn.Linear(90, 3)}, nn.Identity())
    with pytest.raises(ConfigError, match=r"augment\.spec_mask: needs audio features .*, got \(1, 90\)"):
        draws_for(build_augmentation({"spec_mask": {}}), detector, 8000)


def test_a_plugin_twice_under_two_keys_draws_twice():
    augmentation = build_augmentation({"first": {"name": "gain"}, "second": {"name": "gain"}})
    assert list(augmentation.resolved()) == ["first", "second"]
    ratio = augmented(augmentation)[0] / WAVEFORM[0]
    alone = augmented(build_augmentation({"first": {"name": "gain"}}))[0] / WAVEFORM[0]
    assert ratio != pytest.approx(alone**2)


def test_resolved_settings_build_the_same_augmentation_again():
    augmentation = build_augmentation({**MANY, "spec_mask": {"max_share": 0.2}, "codec": None})
    resolved = augmentation.resolved()
    assert resolved["spec_mask"] == {
        "name": "spec_mask",
        "num_frequency_masks": 1,
        "num_time_masks": 2,
        "max_share": 0.2,
        "probability": 1.0,
    }
    assert "codec" not in resolved
    assert build_augmentation(resolved).resolved() == resolved


def test_an_augmentation_can_be_pickled():
    augmentation = build_augmentation(MANY)
    copy = pickle.loads(pickle.dumps(augmentation))
    np.testing.assert_array_equal(augmented(copy), augmented(augmentation))


def test_a_config_turns_augmentations_on_in_its_order_and_off_by_null(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(
        "model:\n  encoders: {audio: {name: audio_cnn}}\n"
        "  augment:\n    speed: {}\n    gain: {min_db: -3, max_db: 3}\n    noise: null\n"
    )
    overrides = ["model.augment.spec_mask.max_share=0.2", "model.augment.speed=null"]
    augment = load_config(path, overrides).model.augment
    assert list(build_augmentation(augment).resolved()) == ["gain", "spec_mask"]


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(ConfigError, match=r"model\.augment\.spec_msk\.name: .*did you mean 'spec_mask'"):
        build_augmentation({"spec_msk": {}})


def test_settings_that_are_not_a_mapping_are_refused():
    with pytest.raises(ConfigError, match=r"model\.augment\.gain: must hold .* or null for off, got True"):
        build_augmentation({"gain": True})
