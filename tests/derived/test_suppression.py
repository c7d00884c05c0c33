"""Some copies are made of the recording after noise suppression, and the table says of which."""

import json
from pathlib import Path

import numpy as np
import pytest
from making.tiny import RATE_HZ, make_tiny

from avdf.commands.dispatch import call
from avdf.corpora import index_corpus
from avdf.data.preparation import Prepared, prepare
from avdf.derived.making import Making, make_fakes
from avdf.derived.plan import plan_copies
from avdf.derived.suppression import suppression_of, without_noise
from avdf.derived.table import read_fakes
from avdf.errors import UserError
from avdf.files import read_json, write_json


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("tiny")
    index = index_corpus("fakeavceleb", make_tiny(folder / "FakeAVCeleb_v1.2", num_people=1))
    return prepare(index, folder / "cache", sample_rate_hz=RATE_HZ, workers=1)


def copies_in(folder: Path, tiny: Prepared, noise_suppressed: float) -> dict[str, tuple[bytes, dict]]:
    """The bytes and the settings of each copy."""
    made_by = Making(
        corpus="fakeavceleb",
        fakers=[{"name": "lpc"}, {"name": "spectral_svd"}],
        per_clip=2,
        seed=0,
        noise_suppressed=noise_suppressed,
    )
    make_fakes(tiny, made_by, folder, workers=1)
    rows = read_fakes(folder).index.clips[["clip", "settings"]].itertuples(index=False)
    return {path: ((folder / path).read_bytes(), json.loads(settings)) for path, settings in rows}


def test_of_a_thousand_copies_three_tenths_are_made_after_noise_suppression():
    planned = plan_copies([f"{number}.wav" for number in range(500)], ["a", "b"], 2, seed=0)
    channels = [suppression_of(copy, 0.3) for copy in planned]
    drawn = [channel for channel in channels if channel]
    assert 255 < len(drawn) < 345  # 300 on average, standard deviation 14
    assert all(20 <= channel["depth_db"] <= 60 for channel in drawn)
    assert all(1 <= channel["factor"] <= 2.5 for channel in drawn)
    assert [suppression_of(copy, 0.0) for copy in planned] == [None] * 1000
    assert None not in [suppression_of(copy, 1.0) for copy in planned]


def test_the_pauses_are_at_least_15_db_quieter_and_the_speech_is_not():
    rng = np.random.default_rng(0)
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    speaks = time_s % 1 < 0.5
    waveform = (0.3 * np.sin(2 * np.pi * 300 * time_s) * speaks).astype(np.float32)
    waveform += 0.01 * rng.standard_normal(len(waveform)).astype(np.float32)
    (copy,) = plan_copies(["clip.wav"], ["lpc"], 1, seed=0)
    heard = without_noise(waveform, RATE_HZ, {**suppression_of(copy, 1.0), "factor": 2.5})
    in_pauses = (time_s % 1 > 0.6) & (time_s % 1 < 0.9)
    in_speech = (time_s % 1 > 0.1) & (time_s % 1 < 0.4)
    assert 20 * np.log10(heard[in_pauses].std() / waveform[in_pauses].std()) < -15
    assert heard[in_speech].std() == pytest.approx(waveform[in_speech].std(), rel=0.02)


def test_copies_of_the_recording_itself_are_those_of_a_folder_without_suppression(tiny, tmp_path):
    """Which copies are cleaner is drawn apart: nothing else changes."""
    plain, some = copies_in(tmp_path / "plain", tiny, 0.0), copies_in(tmp_path / "some", tiny, 0.5)
    cleaner = {path for path, (_, settings) in some.items() if "of" in settings}
    assert len(plain) == 16
    assert 3 < len(cleaner) < 13  # 8 on average, standard deviation 2
    for path, (samples, settings) in some.items():
        channel = settings.pop("of", {"name": None})
        assert channel["name"] == ("noise_suppression" if path in cleaner else None)
        assert settings == plain[path][1]
        assert (samples == plain[path][0]) == (path not in cleaner)


def test_a_folder_that_was_made_before_there_was_suppression_is_finished_without_it(tiny, tmp_path):
    before = copies_in(tmp_path / "fakes", tiny, 0.0)
    facts = read_json(tmp_path / "fakes" / "fakes.json")
    assert facts.pop("noise_suppressed") == 0
    write_json(tmp_path / "fakes" / "fakes.json", facts)
    sorted((tmp_path / "fakes").rglob("*.flac"))[0].unlink()
    assert copies_in(tmp_path / "fakes", tiny, 0.0) == before
    with pytest.raises(UserError, match=r"were made with noise_suppressed 0\.0, not 0\.5; choose another"):
        copies_in(tmp_path / "fakes", tiny, 0.5)


@pytest.mark.parametrize("share", ["-0.1", "1.5", "nan"])
def test_a_share_that_is_none_is_refused_before_anything_is_read(tmp_path, share):
    words = [str(tmp_path / "corpus"), "--fakers", "lpc", "--out", str(tmp_path / "fakes")]
    with pytest.raises(UserError, match=f"--noise-suppressed must be from 0 to 1, got {share}"):
        call("make_fakes", [*words, "--noise-suppressed", share], "avdf make_fakes")
