"""A media file becomes the waveform that the ffmpeg program gives, and the frames of any decoder."""

import pickle
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from making.media import cut, speech_like, write_mp4
from numpy.typing import NDArray

from avdf.config.schema import FramesConfig
from avdf.data.audio.frames import read_frames
from avdf.data.audio.samples import read_audio
from avdf.errors import MediaError

FFMPEG = shutil.which("ffmpeg")


def by_ffmpeg(path: Path, rate_hz: int) -> NDArray[np.float32]:
    """What the ffmpeg program gives when it keeps the time of the file: silence for late starts and holes."""
    in_time = f"aresample={rate_hz}:async=1:first_pts=0"
    command = [str(FFMPEG), "-v", "error", "-i", str(path), "-af", in_time, "-ac", "1", "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, dtype="<f4")


def assert_alike(path: Path) -> None:
    mine, theirs = read_audio(path, 16000).waveform, by_ffmpeg(path, 16000)
    assert abs(len(mine) - len(theirs)) <= 0.002 * 16000
    both = min(len(mine), len(theirs))
    assert np.corrcoef(mine[:both], theirs[:both])[0, 1] > 0.999


@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg program to compare with")
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"rate_hz": 48000, "num_channels": 1},
        {"rate_hz": 22050},
        {"audio_start_s": 0.5},
        {"video": False},
        {"rate_hz": 16000, "seconds": 0.6},
    ],
    ids=str,
)
def test_the_waveform_is_that_of_the_ffmpeg_program(how: dict[str, float], tmp_path: Path) -> None:
    assert_alike(write_mp4(tmp_path / "clip.mp4", **how))  # type: ignore[arg-type]


@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg program to compare with")
@pytest.mark.parametrize(
    "clip",
    [
        "RealVideo-RealAudio/African/men/id90531/00127.mp4",
        "RealVideo-FakeAudio/African/men/id90531/00127_fake.mp4",
        "FakeVideo-FakeAudio/Asian (South)/men/id90574/00247_id90524_wavtolip.mp4",
    ],
)
def test_the_waveform_of_mini_is_that_of_the_ffmpeg_program(clip: str, mini: Path) -> None:
    assert_alike(mini / clip)


def test_the_info_are_those_that_the_file_was_written_with(tmp_path: Path) -> None:
    info = read_audio(write_mp4(tmp_path / "clip.mp4"), 16000).info
    assert info.sample_rate_hz == 44100
    assert info.num_channels == 2
    assert (info.audio_codec, info.video_codec) == ("aac", "h264")
    assert info.frame_rate_hz == 24
    assert info.audio_start_s == pytest.approx(0, abs=0.03)
    assert info.duration_s == pytest.approx(2.0, abs=0.05)
    without = read_audio(write_mp4(tmp_path / "sound.mp4", video=False), 16000).info
    assert (without.video_codec, without.frame_rate_hz) == ("", 0.0)


def test_two_channels_are_averaged_and_the_seconds_stay(tmp_path: Path) -> None:
    waveform = read_audio(write_mp4(tmp_path / "clip.mp4", rate_hz=16000), 16000).waveform
    wanted = speech_like(32000, 16000).mean(axis=0)
    assert waveform.dtype == np.float32
    assert np.corrcoef(waveform[1000:31000], wanted[1000:31000])[0, 1] > 0.999
    assert abs(len(read_audio(tmp_path / "clip.mp4", 8000).waveform) - len(waveform) / 2) <= 1


def test_the_frame_on_screen_at_a_time_is_the_last_that_began_by_then(tmp_path: Path) -> None:
    path = write_mp4(tmp_path / "clip.mp4")
    times_s = np.array([0.0, 10.5 / 24, 3.2 / 24, 99.0])
    frames = read_frames(path, times_s, FramesConfig(height=48, width=64))
    assert frames.shape == (4, 3, 48, 64)
    assert frames.dtype == np.uint8
    levels = frames.mean(axis=(1, 2, 3))
    assert levels == pytest.approx([20, 20 + 4 * 10, 20 + 4 * 3, 20 + 4 * 47], abs=2)


def bad_file(folder: Path, how: str) -> Path:
    path = folder / "clip.mp4"
    if how == "a folder":
        path.mkdir()
    elif how == "empty":
        path.touch()
    elif how == "text":
        path.write_text("this is no medium" * 100)
    elif how == "no sound":
        write_mp4(path, audio=False)
    elif how == "cut":
        cut(write_mp4(path), 0.6)
    elif how == "short":
        write_mp4(path, seconds=0.05, video=False)
    elif how == "cut sound":
        cut(write_mp4(path, video=False, options={"movflags": "faststart"}), 0.5)
    return path


@pytest.mark.parametrize(
    ("how", "reason", "detail"),
    [
        ("not there", "missing file", "no such file"),
        ("a folder", "missing file", "not a regular file"),
        ("empty", "unreadable", "the file is empty"),
        ("text", "unreadable", "can't be opened: Invalid data found when processing input"),
        ("cut", "unreadable", "can't be opened: Invalid data found when processing input"),
        ("no sound", "no audio", "the file has no audio stream"),
        ("short", "too short", "s of audio"),
        ("cut sound", "unreadable", " of 2.00 s"),
    ],
)
def test_each_way_a_file_can_be_bad_has_one_reason_and_words(
    how: str, reason: str, detail: str, tmp_path: Path
) -> None:
    path = bad_file(tmp_path, how)
    with pytest.raises(MediaError) as raised:
        read_audio(path, 16000)
    assert raised.value.reason == reason
    assert detail in raised.value.detail
    assert str(path) in str(raised.value)
    assert str(path) not in raised.value.detail


@pytest.mark.parametrize(
    ("how", "reason"), [("not there", "missing file"), ("text", "unreadable"), ("sound", "no video")]
)
def test_frames_of_a_bad_file_are_refused(how: str, reason: str, tmp_path: Path) -> None:
    path = bad_file(tmp_path, how)
    if how == "sound":
        write_mp4(path, video=False)
    with pytest.raises(MediaError) as raised:
        read_frames(path, np.zeros(1), FramesConfig(height=8, width=8))
    assert raised.value.reason == reason


def test_an_error_crosses_to_another_process_whole() -> None:
    error = pickle.loads(pickle.dumps(MediaError(Path("a.mp4"), "no audio", "none")))
    assert (error.path, error.reason, error.detail) == (Path("a.mp4"), "no audio", "none")
    assert str(error) == "a.mp4: no audio (none)"
