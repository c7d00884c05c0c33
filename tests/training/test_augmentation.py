"""A chosen set of augmentations: order, seeds, workers, what is off."""

import pickle
import zlib
from functools import partial

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from avdf.config.loading import load_config
from avdf.errors import ConfigError
from avdf.training.augmentation import Augmentation, build_augmentation

WAVEFORM = np.random.default_rng(0).normal(0, 0.1, 4000).astype(np.float32)
MANY = {"gain": {}, "noise": {"probability": 0.7}, "time_shift": {}, "band_limit": {}, "rawboost": {}}
SEEDS = {"seed": 0, "epoch": 1, "clip": "A/x/y.mp4", "crop": 0, "sample_rate_hz": 16000}


class Altered(Dataset):
    """Forty clips, all of the same waveform; what tells them apart is what was drawn for them."""

    def __init__(self, augmentation: Augmentation) -> None:
        self.alter = partial(augmentation.alter_waveform, seed=5, epoch=2, crop=0, sample_rate_hz=16000)

    def __len__(self) -> int:
        return 40

    def __getitem__(self, item: int) -> np.ndarray:
        return self.alter(WAVEFORM, clip=f"{item}.mp4")


def test_nothing_named_is_nothing_done():
    features, is_fake = torch.randn(2, 3, 4), torch.tensor([0.0, 1.0])
    for nothing in (Augmentation(), build_augmentation({}), build_augmentation({"gain": None})):
        assert nothing.alter_waveform(WAVEFORM, **SEEDS) is WAVEFORM
        same = nothing.alter_features(features, is_fake, seed=0, epoch=0, clips=["a", "b"], crops=[0, 0])
        assert same[0] is features
        assert same[1] is is_fake
        assert nothing.resolved() == {}


def test_two_workers_draw_what_none_does():
    altered = Altered(build_augmentation(MANY))
    alone = torch.cat(list(DataLoader(altered, batch_size=8)))
    two = torch.cat(list(DataLoader(altered, batch_size=8, num_workers=2)))
    assert torch.equal(alone, two)
    assert len({row.numpy().tobytes() for row in alone}) == 40  # each clip its own draw


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"epoch": 2}, {"clip": "A/x/z.mp4"}, {"crop": 1}, {}], ids=lambda one: str(one)
)
def test_a_draw_hangs_on_seed_epoch_clip_and_crop(other):
    augmentation = build_augmentation({"gain": {}})
    first = augmentation.alter_waveform(WAVEFORM, **SEEDS)
    second = augmentation.alter_waveform(WAVEFORM, **{**SEEDS, **other})
    assert np.array_equal(first, second) == (not other)


def test_a_draw_is_the_same_in_every_process_and_on_every_machine():
    rng = np.random.default_rng([0, 1, zlib.crc32(b"A/x/y.mp4"), 0, zlib.crc32(b"gain")])
    assert rng.random() < 1  # probability comes first
    factor = 10 ** (rng.uniform(-12, 12) / 20)
    altered = build_augmentation({"gain": {}}).alter_waveform(WAVEFORM, **SEEDS)
    np.testing.assert_allclose(altered, factor * WAVEFORM, rtol=1e-6)


def test_a_draw_does_not_hang_on_what_else_is_on():
    alone = build_augmentation({"time_shift": {}}).alter_waveform(WAVEFORM, **SEEDS)
    with_gain = build_augmentation({"gain": {"min_db": 0, "max_db": 0}, "time_shift": {}})
    np.testing.assert_array_equal(with_gain.alter_waveform(WAVEFORM, **SEEDS), alone)


def test_augmentations_come_in_the_order_of_the_config():
    first, second = (
        build_augmentation({key: {} for key in keys}).alter_waveform(WAVEFORM, **SEEDS)
        for keys in (["noise", "reverb"], ["reverb", "noise"])
    )
    assert np.abs(first - second).max() > 1e-3


def test_a_batch_of_features_is_altered_clip_by_clip_as_each_would_be_elsewhere():
    augmentation = build_augmentation({"spec_mask": {"max_share": 0.5}})
    features, is_fake = torch.randn(3, 10, 30), torch.tensor([0.0, 1.0, 1.0])
    seeds = {"seed": 3, "epoch": 0}
    together, same = augmentation.alter_features(
        features, is_fake, **seeds, clips=["a", "b", "c"], crops=[0, 1, 0]
    )
    backwards, _ = augmentation.alter_features(
        features.flip(0), is_fake, **seeds, clips=["c", "b", "a"], crops=[0, 1, 0]
    )
    torch.testing.assert_close(together, backwards.flip(0))
    assert same is is_fake
    assert not torch.equal(together, features)


def test_mixup_after_masks_mixes_masked_clips_and_their_labels():
    only_masks = build_augmentation({"spec_mask": {}})
    both = build_augmentation({"spec_mask": {}, "mixup": {"alpha": 1.0}})
    features, is_fake = torch.randn(2, 10, 30), torch.tensor([0.0, 1.0])
    where = {"seed": 0, "epoch": 0, "clips": ["a", "b"], "crops": [0, 0]}
    masked, _ = only_masks.alter_features(features, is_fake, **where)
    mixed, shares = both.alter_features(features, is_fake, **where)
    own = torch.stack([1 - shares[0], shares[1]])[:, None, None]  # the one fake's part in each
    torch.testing.assert_close(mixed, own * masked + (1 - own) * masked.flip(0))


def test_a_plugin_twice_under_two_keys_draws_twice():
    augmentation = build_augmentation({"first": {"name": "gain"}, "second": {"name": "gain"}})
    assert list(augmentation.resolved()) == ["first", "second"]
    ratio = augmentation.alter_waveform(WAVEFORM, **SEEDS)[0] / WAVEFORM[0]
    alone = build_augmentation({"first": {"name": "gain"}}).alter_waveform(WAVEFORM, **SEEDS)[0] / WAVEFORM[0]
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


def test_it_travels_to_other_processes():
    augmentation = build_augmentation(MANY)
    copy = pickle.loads(pickle.dumps(augmentation))
    np.testing.assert_array_equal(
        copy.alter_waveform(WAVEFORM, **SEEDS), augmentation.alter_waveform(WAVEFORM, **SEEDS)
    )


def test_a_config_switches_on_in_its_order_and_off_by_null(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(
        "model:\n  encoders: {audio: {name: audio_cnn}}\n"
        "  augment:\n    speed: {}\n    gain: {min_db: -3, max_db: 3}\n    noise: null\n"
    )
    overrides = ["model.augment.spec_mask.max_share=0.2", "model.augment.speed=null"]
    augment = load_config(path, overrides).model.augment
    assert list(build_augmentation(augment).resolved()) == ["gain", "spec_mask"]


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match=r"model\.augment\.spec_msk\.name: .*did you mean 'spec_mask'"):
        build_augmentation({"spec_msk": {}})


def test_settings_that_are_no_mapping_are_refused():
    with pytest.raises(ConfigError, match=r"model\.augment\.gain: must hold .* or null for off, got True"):
        build_augmentation({"gain": True})
