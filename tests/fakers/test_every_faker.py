"""What every faker does: an aligned copy of the same length and level, the same for the same seed."""

import json
from dataclasses import MISSING
from pathlib import Path

import numpy as np
import pytest
import torch
from making.copies import envelope_correlation, spectral_distance_db
from making.vowels import vowel

from avdf.errors import ConfigError
from avdf.fakers import FAKERS, copy_of
from avdf.fakers._alignment import lag_ms
from avdf.fakers._pitch import pitch_of

NEEDS_A_FOLDER = ("neural", "encodec", "dac", "mimi")  # the tests of these make one
NEEDS_A_PACKAGE = {"world": "pyworld"}
NAMES = [name for name in FAKERS.names() if name not in NEEDS_A_FOLDER]


def copied(name: str, waveform: np.ndarray, seed: int = 0, rate_hz: int = 16000) -> np.ndarray:
    if name in NEEDS_A_PACKAGE:
        pytest.importorskip(NEEDS_A_PACKAGE[name])
    faker = FAKERS.build({"name": name}, "faker")
    return copy_of(waveform, rate_hz, faker, np.random.default_rng(seed))[0]


@pytest.mark.parametrize("name", FAKERS.names())
def test_the_page_names_every_setting_with_its_default(name):
    page = (Path(__file__).parents[2] / "docs" / "fakers.md").read_text("utf-8")
    [row] = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    for key, item in FAKERS.get(name).config_class.__dataclass_fields__.items():
        known = f"{item.default:g}" if isinstance(item.default, float | int) else item.default
        default = "" if item.default is MISSING else f" {known}"
        assert f"`{key}`{default}" in row, key


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_aligned_as_loud_as_its_parent_and_differs(speech, name):
    speech = speech[:32000] / 2  # far from full scale
    copy = copied(name, speech)
    assert copy.dtype == np.float32
    assert np.isfinite(copy).all()
    assert len(copy) == len(speech)
    assert copy.std() == pytest.approx(speech.std(), rel=1e-3)
    assert abs(lag_ms(speech, copy, 16000)) <= 5
    assert spectral_distance_db(speech, copy) > 2


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_has_the_levels_of_its_parent_over_time_and_frequency(speech, name):
    correlations = [envelope_correlation(speech, copied(name, speech, seed)) for seed in range(4)]
    assert min(correlations) > 0.85
    assert envelope_correlation(speech, speech[::-1]) < 0.6


@pytest.mark.parametrize("name", [name for name in NAMES if name != "griffin_lim_mel"])  # mels blur harmonics
@pytest.mark.parametrize("pitch_hz", [100, 250])
def test_a_vowel_keeps_its_pitch(name, pitch_hz):
    found_hz, _ = pitch_of(copied(name, vowel(pitch_hz)), 16000, hop=128)
    middle = found_hz[15:-15]
    assert (np.abs(middle / pitch_hz - 1) < 0.03).mean() > 0.9


def test_a_lag_of_6_ms_would_be_seen_and_a_parent_does_not_differ_from_itself(speech):
    assert lag_ms(speech, np.roll(speech, 96), 16000) == pytest.approx(6, abs=0.1)
    assert lag_ms(np.roll(speech, 96), speech, 16000) == pytest.approx(-6, abs=0.1)
    assert spectral_distance_db(speech, speech) == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("num_samples", "rate_hz"), [(1, 16000), (700, 8000), (9001, 44100)])
def test_any_length_and_rate_gives_as_many_finite_samples(name, num_samples, rate_hz):
    waveform = np.random.default_rng(1).normal(0, 0.1, num_samples).astype(np.float32)
    waveform.setflags(write=False)
    for sound in (waveform, np.zeros(num_samples, np.float32)):
        copy = copied(name, sound, rate_hz=rate_hz)
        assert len(copy) == num_samples
        assert np.isfinite(copy).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(speech, name):
    before, random_state = torch.get_num_threads(), torch.get_rng_state()
    first = copied(name, speech[:16000], seed=3)
    try:
        torch.set_num_threads(2)
        np.testing.assert_array_equal(copied(name, speech[:16000], seed=3), first)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert not np.array_equal(copied(name, speech[:16000], seed=4), first)
    assert torch.equal(torch.get_rng_state(), random_state)  # other random numbers are not moved on


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_drawn_between_the_bounds_and_can_be_written_as_json(name):
    if name in NEEDS_A_PACKAGE:
        pytest.importorskip(NEEDS_A_PACKAGE[name])
    faker = FAKERS.build({"name": name}, "faker")
    config = FAKERS.get(name).config_class()
    for seed in range(50):
        settings = faker.draw(np.random.default_rng(seed))
        assert json.loads(json.dumps(settings)) == settings
        for key, value in settings.items():
            if hasattr(config, f"min_{key}"):
                assert getattr(config, f"min_{key}") <= value <= getattr(config, f"max_{key}")


def test_a_range_that_ends_before_it_begins_is_refused_by_its_dotted_name():
    with pytest.raises(ConfigError, match=r"^faker\.min_order must be <= max_order, got 30 and 24"):
        FAKERS.build({"name": "lpc", "min_order": 30}, "faker")


def test_a_copy_that_would_exceed_full_scale_is_made_quieter():
    click = np.zeros(8000, np.float32)
    click[4000:4010] = 1.0
    copy = copied("griffin_lim_linear", click)
    assert np.abs(copy).max() <= 1
