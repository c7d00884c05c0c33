"""Lengths that are written in a file show that it is cut off; lengths that FFmpeg estimates do not."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from making.media import RATE_HZ, cut, encode, speech_like, write_audio, write_mp4

from avdf.data.audio.samples import read_audio
from avdf.errors import MediaError

SPEECH = speech_like(6 * RATE_HZ)[:1]
CODECS = {
    ".wav": "pcm_s16le",
    ".w64": "pcm_s16le",
    ".aiff": "pcm_s16be",
    ".au": "pcm_s16be",
    ".caf": "pcm_s16le",
    ".mkv": "pcm_s16le",
    ".mka": "aac",
    ".webm": "libopus",
    ".ogg": "flac",
    ".opus": "libopus",
    ".flac": "flac",
    ".mp3": "libmp3lame",
    ".avi": "libmp3lame",
    ".wma": "wmav2",
    ".flv": "aac",
    ".wv": "wavpack",
    ".tta": "tta",
    ".rm": "ac3",
    ".sox": "pcm_s32le",
    ".mp4": "aac",
    ".mov": "pcm_s16le",
}


def write(path: Path, options: dict[str, str] | None = None) -> Path:
    rate_hz = 48000 if path.suffix in (".rm", ".webm", ".opus", ".wma") else RATE_HZ
    samples = speech_like(6 * rate_hz, rate_hz)[:1]
    return write_audio(path, samples, CODECS.get(path.suffix, "aac"), rate_hz=rate_hz, options=options)


@pytest.mark.parametrize("suffix", CODECS)
def test_a_third_of_a_file_is_refused_and_the_whole_is_read(suffix: str, tmp_path: Path) -> None:
    options = {"movflags": "faststart"} if suffix in (".mp4", ".mov") else {}
    path = write(tmp_path / f"clip{suffix}", options)
    assert read_audio(path, RATE_HZ).info.duration_s == pytest.approx(6, abs=0.15)
    with pytest.raises(MediaError, match="unreadable"):
        read_audio(cut(path, 1 / 3), RATE_HZ)


def test_a_fragmented_mp4_that_ends_within_a_fragment_is_refused(tmp_path: Path) -> None:
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}
    path = write_mp4(tmp_path / "clip.mp4", seconds=6, options=options)
    assert read_audio(path, RATE_HZ).info.duration_s == pytest.approx(6, abs=0.15)
    with pytest.raises(MediaError, match="unreadable"):
        read_audio(cut(path, 0.5), RATE_HZ)


def test_a_third_of_an_mxf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mxf"
    with av.open(str(path), "w") as out:
        film, sound = out.add_stream("mpeg2video", rate=25), out.add_stream("pcm_s16le", rate=48000)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        for number in range(150):
            grey = np.full((48, 64, 3), number, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(film.encode(frame))
        out.mux(film.encode(None))
        encode(out, sound, np.tile(speech_like(6 * 48000, 48000)[:1], (2, 1)))
    assert read_audio(path, RATE_HZ).info.duration_s == pytest.approx(6, abs=0.1)
    with pytest.raises(MediaError, match="ends after"):
        read_audio(cut(path, 1 / 3), RATE_HZ)


def test_a_flac_that_was_cut_at_its_start_is_no_cut(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.flac")
    with av.open(str(whole)) as container:
        stream = container.streams.audio[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        place = packets[len(packets) // 3].pos
        assert place is not None
        header = whole.read_bytes()[: packets[0].pos]
    path = tmp_path / "late.flac"
    path.write_bytes(header + whole.read_bytes()[place:])
    assert read_audio(path, RATE_HZ).info.duration_s == pytest.approx(4, abs=0.3)
    with pytest.raises(MediaError, match="ends after"):
        read_audio(cut(path, 0.5), RATE_HZ)


def test_junk_after_a_fragmented_mp4_is_no_cut(tmp_path: Path) -> None:
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}
    path = write_mp4(tmp_path / "clip.mp4", options=options)
    path.write_bytes(path.read_bytes() + b"\xff" * 1000)
    assert read_audio(path, RATE_HZ).info.duration_s == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".flv"])
def test_timestamps_that_begin_late_are_no_cut(suffix: str, tmp_path: Path) -> None:
    # A part that was cut out of a long recording without new timestamps: its end is written as 106 s.
    rate_hz = 48000 if suffix == ".webm" else RATE_HZ
    sound = speech_like(6 * rate_hz, rate_hz)[:1]
    path = write_audio(
        tmp_path / f"clip{suffix}", sound, CODECS[suffix], rate_hz=rate_hz, starts_s=((0, 100.0),)
    )
    assert read_audio(path, RATE_HZ).info.duration_s == pytest.approx(6, abs=0.15)
    if suffix != ".flv":
        with pytest.raises(MediaError, match="ends after"):
            read_audio(cut(path, 1 / 3), RATE_HZ)


@pytest.mark.parametrize("suffix", [".aac", ".mp3", ".ac3", ".ts", ".webm"])
def test_without_a_written_length_what_is_there_is_read(suffix: str, tmp_path: Path) -> None:
    # 4 s of pause and then sound: the bit rate at the start says little of the length.
    rate_hz = 48000
    samples = np.concatenate(
        [np.zeros((1, 4 * rate_hz), np.float32), speech_like(5 * rate_hz, rate_hz)[:1]], 1
    )
    codec = {".mp3": "libmp3lame", ".ac3": "ac3", ".webm": "libopus"}.get(suffix, "aac")
    options = {".mp3": {"write_xing": "0"}, ".webm": {"live": "1"}}.get(suffix, {})
    path = write_audio(tmp_path / f"call{suffix}", samples, codec, rate_hz=rate_hz, options=options)
    assert read_audio(path, RATE_HZ).info.duration_s == pytest.approx(9, abs=0.15)
    assert read_audio(cut(path, 0.9), RATE_HZ).info.duration_s > 6


def test_the_data_of_a_wav_may_come_after_long_notes(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.wav")
    data = path.read_bytes()
    place = data.find(b"data")
    notes = b"LIST" + (200_000).to_bytes(4, "little") + bytes(200_000)
    path.write_bytes(data[:place] + notes + data[place:])
    assert read_audio(path, RATE_HZ).info.duration_s == pytest.approx(6, abs=0.01)
    with pytest.raises(MediaError, match="cut off: ends after"):
        read_audio(cut(path, 0.8), RATE_HZ)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_that_was_written_into_a_pipe_declares_nothing(size: int, tmp_path: Path) -> None:
    path = write(tmp_path / "clip.wav")
    data = bytearray(path.read_bytes())
    place = data.find(b"data") + 4
    data[place : place + 4] = size.to_bytes(4, "little")
    path.write_bytes(data)
    assert read_audio(path, RATE_HZ).info.duration_s == pytest.approx(6, abs=0.01)


def test_sound_that_ends_before_the_picture_is_no_cut(tmp_path: Path) -> None:
    import av

    for name in ("film.mkv", "film.mp4", "film.flv"):
        whole = write_mp4(tmp_path / f"whole-{name}", seconds=6)
        with av.open(str(whole)) as source, av.open(str(tmp_path / name), "w") as out:
            streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
            for packet in source.demux():
                ends_s = float((packet.pts or 0) * packet.time_base)
                if packet.dts is None or (packet.stream.type == "audio" and ends_s > 2):
                    continue
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
        assert read_audio(tmp_path / name, RATE_HZ).info.duration_s == pytest.approx(2, abs=0.15)
