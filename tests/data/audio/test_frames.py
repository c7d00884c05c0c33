"""Frames are those on screen at a time of the file, upright, in any container."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from making.media import write_mp4
from numpy.typing import NDArray

from avdf.config.schema import FramesConfig
from avdf.data.audio.frames import _pictures_by_decord, check_reader, read_frames
from avdf.data.audio.limits import LIMITS
from avdf.errors import ConfigError

FFMPEG = shutil.which("ffmpeg")


def write_ramp(path: Path, *, start_s: float = 0.0, options: dict[str, str] | None = None) -> Path:
    """4 s of H.264 with B frames, 25 frames a second, frame n of grey 16 + 2 n; silence from 0 s on."""
    with av.open(str(path), "w", options=options or {}) as out:
        picture = out.add_stream("libx264", rate=25, options={"crf": "1", "bf": "3"})
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        sound = out.add_stream("aac", rate=48000, layout="mono")
        for number in range(100):
            grey = np.full((64, 64, 3), 16 + 2 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            frame.pts, frame.time_base = number + round(25 * start_s), Fraction(1, 25)
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        for start in range(0, 4 * 48000, 1024):
            block = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            block.sample_rate, block.pts, block.time_base = 48000, start, Fraction(1, 48000)
            out.mux(sound.encode(block))
        out.mux(sound.encode(None))
    return path


@pytest.fixture(params=["pyav", "decord"])
def reader(request: pytest.FixtureRequest) -> str:
    if request.param == "decord":
        pytest.importorskip("decord")
    return str(request.param)


def numbers(path: Path, times_s: list[float], reader: str) -> NDArray[np.float64]:
    """The numbers of the frames on screen, by their grey."""
    config = FramesConfig(height=8, width=8, reader=reader)
    greys = read_frames(path, np.array(times_s), config).mean(axis=(1, 2, 3))
    return ((greys - 16) / 2).round()


@pytest.mark.parametrize("name", ["ramp.mp4", "ramp.mkv", "ramp.mov", "ramp.ts", "ramp.flv"])
@pytest.mark.parametrize("start_s", [0.0, 1.0])
def test_the_same_frames_are_on_screen_in_every_container(
    name: str, start_s: float, reader: str, tmp_path: Path
) -> None:
    frames = numbers(write_ramp(tmp_path / name, start_s=start_s), [0.5, 1.5, 3.0], reader)
    # Encoders may start a stream up to 0.1 s late (priming, B frames): 2.5 frames.
    np.testing.assert_allclose(frames, np.maximum(np.array([12, 37, 75]) - 25 * start_s, 0), atol=3)


@pytest.mark.skipif(FFMPEG is None, reason="PyAV writes no edit list")
def test_an_edit_list_is_obeyed(reader: str, tmp_path: Path) -> None:
    write_ramp(tmp_path / "ramp.mp4")
    command = [str(FFMPEG), "-v", "error", "-ss", "1.3", "-i", str(tmp_path / "ramp.mp4"), "-c", "copy"]
    subprocess.run([*command, str(tmp_path / "trimmed.mp4")], check=True)
    np.testing.assert_allclose(numbers(tmp_path / "trimmed.mp4", [0.5, 1.5], reader), [45, 70], atol=2)


@pytest.mark.skipif(FFMPEG is None, reason="PyAV writes no display matrix")
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_rotated_film_is_shown_as_ffmpeg_shows_it(degrees: int, reader: str, tmp_path: Path) -> None:
    plain, path = tmp_path / "plain.mp4", tmp_path / "rotated.mp4"
    head = [str(FFMPEG), "-v", "error"]
    subprocess.run(
        [*head, "-f", "lavfi", "-i", "testsrc=d=1:r=25:s=160x80", "-c:v", "libx264", str(plain)], check=True
    )
    subprocess.run(
        [*head, "-i", str(plain), "-c", "copy", "-metadata:s:v", f"rotate={degrees}", str(path)], check=True
    )
    height, width = (80, 160) if degrees % 180 == 0 else (160, 80)
    shown = [*head, "-i", str(path), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(shown, check=True, capture_output=True).stdout
    wanted = np.frombuffer(raw, np.uint8).reshape(height, width, 3).transpose(2, 0, 1)
    (frame,) = read_frames(path, np.zeros(1), FramesConfig(height=height, width=width, reader=reader))
    assert np.abs(frame.astype(int) - wanted.astype(int)).mean() < 2


@pytest.mark.parametrize(
    ("matrix", "turned"),
    [
        ((-1, 0, 0, 1), lambda picture: picture[:, ::-1]),  # as front cameras write it
        ((1, 0, 0, -1), lambda picture: picture[::-1]),
        ((-1, 0, 0, -1), lambda picture: picture[::-1, ::-1]),
        ((0, 1, 1, 0), lambda picture: picture.T),
        ((0, 1, -1, 0), lambda picture: np.rot90(picture, -1)),
        ((0, -1, -1, 0), lambda picture: picture[::-1, ::-1].T),
    ],
    ids=["mirrored", "flipped", "half a turn", "transposed", "a quarter", "transposed the other way"],
)
def test_a_mirrored_film_is_shown_mirrored(
    matrix: tuple[int, ...],
    turned: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    reader: str,
    tmp_path: Path,
) -> None:
    path = tmp_path / "clip.mp4"
    grey = np.add.outer(4 * np.arange(32), np.arange(64))  # brighter downwards, and a little to the right
    with av.open(str(path), "w") as out:
        film = out.add_stream("libx264", rate=25, options={"crf": "1"})
        film.width, film.height, film.pix_fmt = 64, 32, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.repeat(grey[..., None], 3, 2).astype(np.uint8), format="rgb24")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        out.mux(film.encode(frame))
        out.mux(film.encode(None))
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 44
    for offset, value in zip((0, 4, 12, 16), matrix, strict=True):
        data[place + offset : place + offset + 4] = (value * 2**16).to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    wanted = turned(grey)
    height, width = wanted.shape
    (picture,) = read_frames(path, np.zeros(1), FramesConfig(height=height, width=width, reader=reader))
    assert np.abs(picture.mean(0) - wanted).mean() < 3


def test_a_damaged_frame_leaves_the_one_before_it_on_screen(tmp_path: Path) -> None:
    path = write_mp4(tmp_path / "clip.mp4")
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(container.streams.video[0])]
    data = bytearray(path.read_bytes())
    start, size = packets[30]
    assert start is not None
    data[start : start + size] = bytes(size)
    path.write_bytes(data)
    frames = read_frames(path, np.array([0.5, 1.9]), FramesConfig(height=8, width=8)).mean(axis=(1, 2, 3))
    assert frames[0] == pytest.approx(20 + 4 * 12, abs=3)
    assert frames[1] == pytest.approx(20 + 4 * 45, abs=40)  # later frames may build on the damaged one


def test_decord_reads_a_plain_film_and_leaves_others_to_pyav(tmp_path: Path) -> None:
    pytest.importorskip("decord")
    size = (8, 8)
    plain = write_ramp(tmp_path / "plain.mp4")
    late = write_ramp(tmp_path / "late.mp4", start_s=1.0)
    pictures = _pictures_by_decord(plain, np.array([0.5, 3.0]), size, LIMITS)
    assert pictures is not None
    assert [((picture.mean() - 16) / 2).round() for picture in pictures] == [12, 75]
    assert _pictures_by_decord(late, np.array([0.5, 3.0]), size, LIMITS) is None


def test_a_reader_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    check_reader(FramesConfig())
    monkeypatch.setitem(sys.modules, "decord", None)
    with pytest.raises(ConfigError, match=r"data\.frames\.reader: the package decord is not installed here"):
        check_reader(FramesConfig(reader="decord"))
