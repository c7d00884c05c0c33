"""The made-up voice, its cloner and its face, each against something that can be redone by hand."""

import numpy as np
import pytest
from scipy.signal import sosfilt

from avdf.demo.babble import Score, Voice, draw_voice
from avdf.demo.faces import draw_face, frames, mouth_envelope
from avdf.demo.vocoder import resynthesised
from avdf.demo.voice import RATE_HZ, _through_formants, speak


@pytest.mark.parametrize(("pitch_hz", "samples"), [(120, 133), (200, 80)])
def test_a_voice_of_120_hz_repeats_itself_every_133_samples(pitch_hz: float, samples: int) -> None:
    voice = Voice(
        pitch_hz=pitch_hz, melody=0, tract=1, breath=0, tempo=1, tilt=0.3, jitter=0, shimmer=0
    )  # fmt: skip
    waveform = speak(voice, 4.0, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(waveform, 2 * len(waveform))) ** 2
    likeness = np.fft.irfft(spectrum)[72:180]
    assert 72 + np.argmax(likeness) == pytest.approx(samples, rel=0.12)  # the pitch falls within a phrase


def test_women_speak_higher_and_with_a_shorter_tract() -> None:
    rng = np.random.default_rng(0)
    men, women = ([draw_voice(rng, gender) for _ in range(50)] for gender in ("men", "women"))
    assert max(voice.pitch_hz for voice in men) < min(voice.pitch_hz for voice in women)
    assert np.mean([voice.tract for voice in women]) > 1.1 * np.mean([voice.tract for voice in men])


def test_standing_formants_filter_as_a_cascade_of_resonators_does() -> None:
    source = np.random.default_rng(0).standard_normal(8000)
    formants_hz = np.array([500.0, 1500, 2500, 3500, 4500])
    score = Score()
    score.add(0.0, 1.0, 100.0, formants_hz)
    radii = np.exp(-np.pi * np.array([70.0, 100, 160, 240, 320]) / RATE_HZ)
    below = np.stack([np.ones(5), -2 * radii * np.cos(2 * np.pi * formants_hz / RATE_HZ), radii**2], axis=1)
    above = np.stack([below.sum(axis=1), np.zeros(5), np.zeros(5)], axis=1)
    expected = sosfilt(np.concatenate([above, below], axis=1), source)
    heard = _through_formants(source, score)
    assert np.abs(heard - expected)[500:].max() < 1e-3 * np.abs(expected).max()


def test_a_cloner_of_strength_0_returns_the_sound() -> None:
    waveform = speak(draw_voice(np.random.default_rng(0), "men"), 2.0, np.random.default_rng(1))
    again = resynthesised(waveform, RATE_HZ, 0.0, np.random.default_rng(2))
    assert np.abs(again - waveform).max() < 1e-3 * np.abs(waveform).max()


def test_a_stronger_cloner_is_further_from_the_sound_but_as_loud_at_each_frequency() -> None:
    waveform = speak(draw_voice(np.random.default_rng(0), "women"), 2.0, np.random.default_rng(1))
    clones = [
        resynthesised(waveform, RATE_HZ, strength, np.random.default_rng(2)) for strength in (0.1, 0.5, 1)
    ]
    likeness = [np.corrcoef(waveform, clone)[0, 1] for clone in clones]
    assert 1 > likeness[0] > likeness[1] > likeness[2]
    assert likeness[2] < 0.9
    for clone in clones:
        bands = [np.abs(np.fft.rfft(sound))[:16000].reshape(20, -1) for sound in (waveform, clone)]
        level_db = [10 * np.log10((band**2).sum(axis=1)) for band in bands]
        assert np.abs(level_db[0] - level_db[1]).max() < 1.5


def test_a_cloner_smears_a_gliding_tone_over_its_mel_band() -> None:
    times_s = np.arange(32000) / RATE_HZ
    glide = np.sin(2 * np.pi * (5000 * times_s + 500 * times_s**2))  # 5 to 7 kHz in 2 s
    shares = []
    for strength in (0.0, 0.5, 1.0):
        clone = resynthesised(glide, RATE_HZ, strength, np.random.default_rng(0))
        power = np.abs(np.fft.rfft(clone.reshape(-1, 800) * np.hanning(800))) ** 2
        shares.append(np.mean(np.sort(power)[:, -5:].sum(axis=1) / power.sum(axis=1)))  # 5 bins: 100 Hz
    assert shares[0] > 0.99
    assert shares[0] > shares[1] + 0.03 > shares[2] + 0.1


def test_a_cloner_of_the_lower_band_leaves_what_is_above_as_it_was() -> None:
    waveform = speak(draw_voice(np.random.default_rng(0), "women"), 2.0, np.random.default_rng(1))
    clone = resynthesised(waveform, RATE_HZ, 0.7, np.random.default_rng(2), below_hz=2000)
    spectra = [np.fft.rfft(sound) for sound in (waveform, clone)]
    hz = np.linspace(0, RATE_HZ / 2, len(spectra[0]))
    for inside, least, most in ((hz > 2200, 0.99, 1), ((hz > 100) & (hz < 1800), 0, 0.9)):
        one, other = (spectrum[inside] for spectrum in spectra)
        assert least < np.vdot(one, other).real / np.linalg.norm(one) / np.linalg.norm(other) <= most


def test_the_mouth_opens_with_the_sound() -> None:
    waveform = np.concatenate([np.full(640, 0.1), np.full(640, -0.2), np.zeros(640)])
    assert mouth_envelope(waveform, 16000, 25) == pytest.approx([0.5, 1, 0])


@pytest.mark.parametrize("edit", ["wav2lip", "fsgan", "faceswap", "fsgan-wav2lip", "faceswap-wav2lip"])
def test_an_edit_leaves_marks_on_the_face_and_none_around_it(edit: str) -> None:
    face, other = (draw_face(np.random.default_rng(seed)) for seed in (0, 1))
    opened = np.array([0.1, 0.8, 0.4])
    real = list(frames(face, opened, np.random.default_rng(5)))
    fake = list(frames(face, opened, np.random.default_rng(5), edit=edit, other=other))
    assert [picture.shape for picture in fake] == 3 * [(224, 224, 3)]
    for one, changed in zip(real, fake, strict=True):
        difference = np.abs(one.astype(int) - changed)
        assert difference[60:180, 60:165].max() > 5
        assert difference[:20].max() == difference[:, :20].max() == difference[:, 204:].max() == 0
