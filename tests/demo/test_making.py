"""The made-up dataset: whole, the same twice, marked as made up, and nothing but the voice tells a fake."""

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from making.demo_sounds import TOOL, bytes_under, first_sound_s, silence_s, tool
from numpy.typing import NDArray

from avdf.corpora import index_corpus
from avdf.data.audio.samples import read_audio
from avdf.demo.making import make_demo
from avdf.demo.marker import demo_facts, is_demo
from avdf.demo.plan import DemoSettings
from avdf.errors import UserError

SMALL = DemoSettings(num_identities=4, num_recordings=1)
TINY = DemoSettings(num_identities=2, num_recordings=1)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("demo") / "small", SMALL, workers=1)


@pytest.fixture(scope="module")
def tracks(small: Path) -> pd.DataFrame:
    return pd.read_csv(small.parent / "tracks.csv").set_index("path")


def test_four_people_with_one_recording_and_one_edit_are_15_clips(small: Path) -> None:
    summary = index_corpus("fakeavceleb", small).summary
    assert summary["num_files"] == 4 + 4 + 4 + 3  # the second person has no D clip
    assert summary["num_clips"] == 14
    assert summary["num_skipped_by_reason"] == {"no row": 1, "missing file": 1}
    assert summary["num_by_race"] == {"African": 14}
    assert summary["num_identities"] == 4
    assert list(small.rglob("*.txt"))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, second, other = (
        make_demo(tmp_path / name, replace(TINY, seed=seed), workers=1)
        for name, seed in zip("abc", (3, 3, 4), strict=True)
    )
    assert bytes_under(first.parent) == bytes_under(second.parent)
    assert not set(bytes_under(first).values()) & set(bytes_under(other).values())


def test_films_are_h264_of_224_pixels_at_25_hz_with_aac_and_no_writer_named(small: Path) -> None:
    for path in small.rglob("*.mp4"):
        facts = read_audio(path, 16000).info
        assert (facts.video_codec, facts.audio_codec, facts.frame_rate_hz) == ("h264", "aac", 25)
        assert facts.sample_rate_hz in (44100, 48000)
        assert facts.num_channels in (1, 2)
        assert 2.0 <= facts.duration_s <= 6.05
        with av.open(str(path)) as film:
            assert (film.streams.video[0].width, film.streams.video[0].height) == (224, 224)
            assert not {"encoder", "creation_time"} & set(film.metadata)


def test_the_root_is_marked_as_made_up_and_another_folder_is_not(small: Path, tmp_path: Path) -> None:
    assert is_demo(small)
    assert is_demo(small.parent)
    assert not is_demo(tmp_path)
    facts = demo_facts(small)
    assert facts is not None
    assert (facts["made_up"], facts["seed"], facts["num_clips"]) == (True, 0, 15)
    assert (facts["shortcut"], facts["weak_group"]) == (None, None)
    assert "MADE UP" in (small.parent / "README.md").read_text("utf-8")


def test_a_marker_that_is_not_json_marks_nothing(tmp_path: Path) -> None:
    (tmp_path / "DEMO.json").write_text("{", "utf-8")
    assert demo_facts(tmp_path) is None


def test_a_clone_lasts_as_long_as_its_recording_and_is_as_loud_and_begins_with_it(
    small: Path, tracks: pd.DataFrame
) -> None:
    waveform = {path: read_audio(small / path, 16000).waveform for path in tracks.index}
    track_of = {row.track: path for path, row in tracks.iterrows() if row.method in ("real", "rtvc")}
    real = [waveform[path] for track, path in sorted(track_of.items()) if track.endswith("real")]
    fake = [waveform[path] for track, path in sorted(track_of.items()) if track.endswith("fake")]
    assert len(real) == len(fake) == 4
    for one, other in zip(real, fake, strict=True):
        assert len(one) == len(other)
        assert abs(20 * np.log10(one.std() / other.std())) < 0.3
        assert abs(silence_s(one) - silence_s(other)) <= 0.03
        assert np.corrcoef(one, other)[0, 1] < 0.999  # and yet it is another sound


def test_an_edited_clip_carries_the_track_that_the_truth_names_from_its_offset_on(
    small: Path, tracks: pd.DataFrame
) -> None:
    edited = tracks[~tracks["method"].isin(["real", "rtvc"])]
    assert len(edited) == 7
    for path, truth in edited.iterrows():
        [origin] = tracks.index[(tracks["track"] == truth.track) & tracks["method"].isin(["real", "rtvc"])]
        sound = read_audio(small / origin, 16000).waveform[round(truth.offset_s * 16000) :]
        again = read_audio(small / path, 16000).waveform
        length = min(len(sound), len(again)) - 400
        assert np.corrcoef(sound[:length], again[:length])[0, 1] > 0.97
        assert 20 * np.log10(again[:length].std() / sound[:length].std()) == pytest.approx(
            truth.gain_db, abs=0.3
        )


def test_the_voice_of_a_wav2lip_clip_is_the_last_identity_of_its_name(tracks: pd.DataFrame) -> None:
    lips = tracks[tracks.index.str.endswith("_wavtolip.mp4")]
    assert len(lips) == 7
    for path, truth in lips.iterrows():
        assert path.removesuffix("_wavtolip.mp4").endswith(truth.voice)
        assert truth.voice not in path.split("/")[3]


def test_the_shortcut_plants_silence_before_fakes_alone(tmp_path: Path) -> None:
    root = make_demo(tmp_path / "flawed", replace(TINY, shortcut="leading_silence"), workers=1)
    begins_s = {path: first_sound_s(read_audio(path, 16000).waveform) for path in root.rglob("*.mp4")}
    fake = [begins_s[path] for path in begins_s if "FakeAudio" in path.parts[-5]]
    real = [begins_s[path] for path in begins_s if "RealAudio" in path.parts[-5]]
    assert len(fake) == 3
    assert len(real) == 4
    assert min(fake) > 0.015 > 0.005 > max(real)


def test_a_weak_group_s_clones_alone_change_and_above_2_khz_they_come_near_the_real_voice(
    small: Path, tmp_path: Path
) -> None:
    weak = make_demo(tmp_path / "weak", replace(SMALL, weak_group="African/women"), workers=1)
    for fake in small.glob("RealVideo-FakeAudio/*/*/*/*.mp4"):
        gender, person = fake.parts[-3:-1]
        [real] = small.glob(f"RealVideo-RealAudio/*/*/{person}/*.mp4")
        spectra = [
            np.fft.rfft(read_audio(path, 16000).waveform)
            for path in (real, fake, weak / fake.relative_to(small))
        ]
        hz = np.linspace(0, 8000, len(spectra[0]))
        before, after = (_likeness(spectra[0], clone, (hz > 2500) & (hz < 7000)) for clone in spectra[1:])
        if gender == "women":
            assert after > 0.97 > before  # what is left is the coding
            assert _likeness(spectra[0], spectra[2], (hz > 100) & (hz < 1800)) < 0.985
        else:
            assert after == before


def test_a_demo_that_is_there_is_returned_at_once_and_not_touched(
    small: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = (small / "DEMO.json").stat().st_mtime_ns
    with caplog.at_level("INFO"):
        assert make_demo(small.parent, SMALL, workers=1) == small
    assert "already there" in caplog.text
    assert (small / "DEMO.json").stat().st_mtime_ns == before


def test_other_settings_are_refused_where_a_demo_is(small: Path) -> None:
    with pytest.raises(UserError, match="holds demo data with seed 0, not 7; choose another folder"):
        make_demo(small.parent, replace(SMALL, seed=7))


def test_a_folder_that_is_no_demo_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(UserError, match="no demo data; choose another folder"):
        make_demo(tmp_path, TINY, workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_demo_that_lost_a_clip_is_refused(small: Path, tmp_path: Path) -> None:
    shutil.copytree(small.parent, tmp_path / "torn")
    next((tmp_path / "torn").rglob("*.mp4")).unlink()
    with pytest.raises(UserError, match="14 of its 15 clips are there; remove the folder"):
        make_demo(tmp_path / "torn", SMALL, workers=1)


def test_a_place_where_nothing_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(UserError, match="file/out: can't be written"):
        make_demo(tmp_path / "file" / "out", TINY, workers=1)


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    making = subprocess.Popen([sys.executable, TOOL, tmp_path / "out"], stderr=subprocess.PIPE, text=True)
    while making.poll() is None and not list(tmp_path.rglob("*.mp4")):
        time.sleep(0.02)
    making.send_signal(signal.SIGINT)
    _, said = making.communicate(timeout=60)
    assert making.returncode == 130
    assert said.splitlines()[-1] == "interrupted; what was finished is kept"
    assert list(tmp_path.iterdir()) == []


def test_the_tool_names_a_group_that_is_not_there_and_those_that_are(tmp_path: Path) -> None:
    done = tool(str(tmp_path / "out"), "--weak-group", "Martian/women")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "no group 'Martian/women'; have: African/men, African/women" in done.stderr


def test_the_tool_s_help_imports_no_library() -> None:
    done = tool("--help")
    assert done.returncode == 0
    assert "RACE/GENDER" in done.stdout


def _likeness(one: NDArray[np.complex128], other: NDArray[np.complex128], inside: NDArray[np.bool_]) -> float:
    """The correlation of two sounds in a band of their spectra."""
    one, other = one[inside], other[inside]
    return float(np.vdot(one, other).real / np.linalg.norm(one) / np.linalg.norm(other))
