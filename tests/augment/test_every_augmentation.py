"""What holds for every augmentation, those of other packages included."""

import numpy as np
import pytest
import torch

from avdf.augment import AUGMENTS
from avdf.errors import ConfigError

NAMES = AUGMENTS.names()
WAVEFORM, FRAMES, FEATURES = (
    [name for name in NAMES if AUGMENTS.get(name).plugin_class.stage == stage]
    for stage in ("waveform", "frames", "features")
)


def build(name: str, **settings: float):
    return AUGMENTS.build({"name": name, **settings}, f"model.augment.{name}")


def test_the_folder_holds_those_that_are_documented():
    assert {*NAMES} >= {
        *("gain", "noise", "reverb", "time_shift", "speed", "codec", "rawboost", "band_limit"),
        *("spec_mask", "mixup", "flip", "colour", "jpeg", "blur"),
    }
    assert not any(name.startswith("_") for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_probability_outside_0_to_1_is_refused(name):
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(ConfigError, match=rf"^model\.augment\.{name}\.probability must be from 0 to 1"):
            build(name, probability=wrong)


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_key_is_refused_by_its_dotted_name(name):
    with pytest.raises(ConfigError, match=rf"^model\.augment\.{name}\.loudness: no such key"):
        build(name, loudness=3)


@pytest.mark.parametrize("name", NAMES)
def test_every_lower_bound_above_its_upper_one_is_refused(name):
    config = AUGMENTS.get(name).config_class()
    for low in (key for key in vars(config) if key.startswith("min_")):
        high = low.replace("min_", "max_")
        with pytest.raises(ConfigError, match=rf"^model\.augment\.{name}\.({low}|{high}) must be"):
            build(name, **{low: getattr(config, high), high: getattr(config, low) - 1})


@pytest.mark.parametrize("name", WAVEFORM)
def test_the_probability_changes_how_many_clips_are_augmented_not_their_draws(name):
    seldom, always = build(name, probability=0.25), build(name)
    pairs = [
        [plugin.draw(np.random.default_rng(seed), 16000, 16000) for plugin in (seldom, always)]
        for seed in range(400)
    ]
    drawn = [pair for pair in pairs if pair[0] is not None]
    assert 70 < len(drawn) < 130
    assert all(one == other for one, other in drawn)
    never = build(name, probability=0)
    assert all(never.draw(np.random.default_rng(seed), 16000, 16000) is None for seed in range(50))


@pytest.mark.parametrize("name", WAVEFORM)
@pytest.mark.parametrize("sample_rate_hz", [4000, 16000, 44100])
@pytest.mark.parametrize("num_samples", [1, 2, 401, 4000])
def test_length_and_dtype_are_kept_and_the_input_untouched(name, sample_rate_hz, num_samples):
    plugin, rng = build(name), np.random.default_rng(3)
    for waveform in (
        rng.normal(0, 0.1, num_samples).astype(np.float32),
        np.zeros(num_samples, np.float32),
        np.ones(num_samples, np.float32),
    ):
        waveform.setflags(write=False)
        altered = plugin.apply(waveform, plugin.draw(rng, num_samples, sample_rate_hz), sample_rate_hz)
        assert (altered.shape, altered.dtype) == (waveform.shape, np.float32)
        assert np.isfinite(altered).all()


@pytest.mark.parametrize("name", WAVEFORM)
def test_the_same_draw_gives_the_same_samples_and_another_seed_others(name):
    plugin = build(name)
    waveform = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    first, again, other = (
        plugin.apply(waveform, plugin.draw(np.random.default_rng(seed), 8000, 16000), 16000)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, waveform)


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 20, 51), (2, 64, 401)])
def test_features_keep_shape_and_dtype_and_the_input_is_untouched(name, shape):
    plugin, rng = build(name), np.random.default_rng(0)
    features = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    before = features.clone()
    altered = plugin.apply(features, [plugin.draw(rng, *shape[1:]) for _ in range(shape[0])])
    assert (altered.shape, altered.dtype) == (features.shape, features.dtype)
    assert torch.equal(features, before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", FEATURES)
def test_a_gpu_gives_what_the_cpu_gives(name):
    plugin, rng = build(name), np.random.default_rng(0)
    features = torch.randn(4, 20, 51)
    drawn = [plugin.draw(rng, 20, 51) for _ in range(4)]
    torch.testing.assert_close(plugin.apply(features.cuda(), drawn).cpu(), plugin.apply(features, drawn))
