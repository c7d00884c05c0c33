"""Which clips carry one recording, and whose voice it is."""

from collections import Counter
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from avdf.corpora import index_corpus
from avdf.data.audio.store import Decoding, open_store
from avdf.data.preparation import prepare
from avdf.data.probes import probe
from avdf.data.recordings.measured import measure
from avdf.data.recordings.tracks import tracks
from avdf.data.recordings.voices import num_disputed, voices

RATE_HZ = 16000


def sentence(seconds: float, seed: int, *, phase_seed: int = 0) -> NDArray[np.float64]:
    """A gliding voice; another `phase_seed` is its vocoder's copy: the same spectrum, another waveform."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    knots = np.arange(0, seconds + 0.1, 0.1)
    pitch_hz = np.interp(time_s, knots, rng.uniform(90, 220, len(knots)))
    loudness = np.interp(time_s, knots, rng.uniform(0, 1, len(knots)))
    phases = np.random.default_rng(phase_seed).uniform(0, 2 * np.pi, 20)
    turn = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    voice = sum(np.sin(k * turn + phases[k]) / k for k in range(1, 20))
    return np.asarray(0.15 * voice * loudness)


def write_aac(path: Path, samples: NDArray[np.float64]) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        stream.bit_rate = 64000
        for start in range(0, len(samples), 1024):
            block = samples[None, start : start + 1024].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def tracks_of(folder: Path, sounds: dict[str, NDArray[np.float64]], rate_hz: int = RATE_HZ) -> dict[str, str]:
    """Track by name, of sounds that were coded as AAC and read back."""
    (folder / "root").mkdir()
    for name, samples in sounds.items():
        write_aac(folder / "root" / f"{name}.mp4", samples)
    clips = pd.DataFrame({"clip": [f"{name}.mp4" for name in sounds], "size_bytes": 0})
    store = open_store(folder / "root", clips, folder / "cache", Decoding(sample_rate_hz=rate_hz))
    names = tracks(store, measure(store, workers=1))
    return {clip[:-4]: track for clip, track in zip(store.table["clip"], names, strict=True)}


@pytest.mark.parametrize("rate_hz", [16000, 22050])
def test_a_copy_coded_again_cut_by_half_a_second_and_louder_is_one_track(
    rate_hz: int, tmp_path: Path
) -> None:
    one, other = sentence(3.0, 1), sentence(3.0, 2)
    sounds = {
        "a": one,
        "b": 0.3 * one[8000:],
        "c": 1.4 * one[:-8000],
        "d": np.concatenate([np.zeros(5000), one]),
        "e": -one[3333:],
        "f": other,
        "g": 0.5 * other[2222:],
    }
    names = tracks_of(tmp_path, sounds, rate_hz)
    assert Counter(names.values()) == {"t00000": 5, "t00001": 2}
    assert names["f"] == names["g"] == "t00001"


def test_a_vocoder_copy_of_a_sentence_is_another_track(tmp_path: Path) -> None:
    real, fake = sentence(3.0, 1), sentence(3.0, 1, phase_seed=5)
    names = tracks_of(tmp_path, {"real": real, "fake": fake, "real2": 0.5 * real, "fake2": fake[1000:]})
    assert names["real"] == names["real2"]
    assert names["fake"] == names["fake2"]
    assert names["real"] != names["fake"]


def test_silences_and_hums_are_a_track_each_unless_their_samples_are_identical(tmp_path: Path) -> None:
    hum = 0.2 * np.sin(2 * np.pi * 100 * np.arange(2 * RATE_HZ) / RATE_HZ)
    silence = np.zeros(2 * RATE_HZ)
    sounds = {"a": silence, "b": silence, "c": hum, "d": 0.9 * hum, "e": hum, "f": 0.5 + silence}
    # Digital silence is left out; the offset of 0.5 is not constant after AAC.
    assert tracks_of(tmp_path, sounds) == {"c": "t00000", "d": "t00001", "e": "t00000", "f": "t00002"}


def clip(name: str, letter: str, source: str, track: str, lips_of: str = "") -> dict[str, object]:
    """A row; `lips_of` is the person that a lip-synced clip's name ends in."""
    row = {"clip": name, "video_fake": int(letter in "CD"), "source": source, "track": track}
    if lips_of:
        return {**row, "voice": lips_of, "voice_rule": "last in name"}
    return {**row, "voice": source, "voice_rule": "source"}


def resolved(*rows: dict[str, object]) -> dict[str, tuple[str, str]]:
    clips = voices(pd.DataFrame(rows))
    return {row.clip: (row.voice, row.voice_rule) for row in clips.itertuples()}


def test_the_person_of_the_clip_whose_video_is_real_speaks_in_every_clip_of_the_recording() -> None:
    clips = resolved(
        clip("real", "A", "id1", "t1"),
        clip("swap", "C", "id2", "t1"),
        clip("lips", "C", "id3", "t1", lips_of="id4"),
        clip("other", "C", "id3", "t2", lips_of="id4"),
        clip("swap of other", "C", "id5", "t2"),
        clip("alone", "D", "id6", "t3"),
    )
    assert clips == {
        "real": ("id1", "recording"),
        "swap": ("id1", "recording"),
        "lips": ("id1", "recording"),
        "other": ("id4", "last in name"),
        "swap of other": ("id4", "last in name"),
        "alone": ("id6", "source"),
    }


def test_who_speaks_by_the_protocol_of_a_corpus_is_not_inferred_from_other_clips() -> None:
    known = {
        "clip": "a",
        "video_fake": 0,
        "source": "id8",
        "track": "t1",
        "voice": "id9",
        "voice_rule": "protocol",
    }
    clips = resolved(known, clip("b", "C", "id2", "t1"), clip("c", "A", "id3", "t1"))
    assert clips == {"a": ("id9", "protocol"), "b": ("id3", "recording"), "c": ("id3", "recording")}


def test_where_two_people_claim_a_recording_most_clips_decide_and_it_is_counted() -> None:
    rows = [clip("1", "A", "id1", "t1"), clip("2", "B", "id2", "t1"), clip("3", "A", "id2", "t1")]
    assert set(resolved(*rows).values()) == {("id2", "recording")}
    assert num_disputed(pd.DataFrame(rows)) == 1
    assert set(resolved(*rows[:2]).values()) == {("id1", "recording")}  # even: the first in the alphabet


def test_50_ms_of_silence_before_and_100_ms_behind_a_tone_are_measured() -> None:
    tone = 8000 * np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ)
    samples = np.concatenate([np.zeros(800), tone, np.zeros(1600)]).astype(np.int16)
    probes = probe(samples, RATE_HZ)
    assert probes["leading_silence_ms"] == pytest.approx(50, abs=1)
    assert probes["trailing_silence_ms"] == pytest.approx(100, abs=1)
    # RMS of the tone is 8000 / sqrt(2), of which 1 in 1.15 seconds is heard.
    assert probes["loudness_db"] == pytest.approx(20 * np.log10(8000 / 32768 / np.sqrt(2 * 1.15)), abs=0.01)
    assert probe(tone.astype(np.int16), RATE_HZ)["bandwidth_hz"] == pytest.approx(1000, abs=64)
    assert probe(samples // 4, RATE_HZ)["leading_silence_ms"] == pytest.approx(50, abs=1)


def test_digital_silence_is_silent_from_both_ends_and_has_no_bandwidth() -> None:
    probes = probe(np.zeros(1600, np.int16), RATE_HZ)
    assert probes == {
        "leading_silence_ms": 100.0,
        "trailing_silence_ms": 100.0,
        "loudness_db": -120.0,
        "bandwidth_hz": 0.0,
    }


def test_noise_below_3_khz_has_a_bandwidth_of_3_khz() -> None:
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=RATE_HZ))
    spectrum[3000:] = 0
    samples = (3000 * np.fft.irfft(spectrum)).astype(np.int16)
    assert probe(samples, RATE_HZ)["bandwidth_hz"] == pytest.approx(3000, abs=40)


@pytest.mark.slow
def test_tracks_and_voices_of_mini_are_the_true_ones(mini: Path, tmp_path: Path) -> None:
    clips = prepare(index_corpus("fakeavceleb", mini), tmp_path, sample_rate_hz=16000, workers=2).clips
    truth = pd.read_csv(mini.parent / "tracks.csv").set_index("path").loc[list(clips["clip"])]
    same = np.equal.outer(clips["track"].to_numpy(), clips["track"].to_numpy())
    true = np.equal.outer(truth["track"].to_numpy(), truth["track"].to_numpy())
    for pairs in (same, true):
        np.fill_diagonal(pairs, False)
    assert (same & true).sum() / same.sum() >= 0.99
    assert (same & true).sum() / true.sum() >= 0.99
    assert clips["voice"].tolist() == truth["voice"].tolist()
