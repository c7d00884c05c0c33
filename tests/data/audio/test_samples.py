"""Sound as a player gives it: the default stream, in the time of the file, whatever changes on the way."""

import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import scipy.signal
from making.media import RATE_HZ, encode, speech_like, write_audio, write_mp4
from numpy.typing import NDArray

from avdf.data.audio.limits import MediaLimits
from avdf.data.audio.media import MediaError
from avdf.data.audio.samples import read_audio, read_int16

SPEECH = speech_like(5 * RATE_HZ)[:1]  # 5 s, mono


def heard(path: Path) -> NDArray[np.float32]:
    return read_audio(path, RATE_HZ).waveform


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The largest correlation at any shift: codecs delay the sound."""
    scale = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(scipy.signal.correlate(one, other, method="fft").max()) / scale


def refusal(path: Path, limits: MediaLimits | None = None) -> str:
    with pytest.raises(MediaError) as raised:
        read_audio(path, RATE_HZ, limits or MediaLimits())
    return f"{raised.value.reason}: {raised.value.detail}"


def test_the_stream_marked_as_default_is_read_and_the_others_are_mentioned(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono") for _ in range(2)]
        streams[0].disposition = av.stream.Disposition(0)
        streams[1].disposition = av.stream.Disposition.default
        encode(out, streams[0], np.zeros_like(SPEECH))
        encode(out, streams[1], SPEECH)
    audio = read_audio(path, RATE_HZ)
    np.testing.assert_allclose(audio.waveform, SPEECH[0], atol=1e-4)
    assert audio.info.warnings == ["2 audio streams; number 2 is used"]


def test_a_stream_without_packets_is_left_for_the_next(tmp_path: Path) -> None:
    path = tmp_path / "empty_first.mkv"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("pcm_s16le", rate=RATE_HZ, layout=layout) for layout in ("5.1", "mono")]
        encode(out, streams[1], SPEECH)
    np.testing.assert_allclose(heard(path), SPEECH[0], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("hole.mkv", "pcm_s16le"),
        ("hole.mp4", "aac"),
        ("hole.ts", "aac"),
        ("hole.flv", "aac"),
        ("hole.webm", "libopus"),
        ("hole.wma", "wmav2"),
        ("hole.nut", "pcm_s16le"),
    ],
)
def test_a_hole_in_the_timestamps_is_silence_of_its_length(name: str, codec: str, tmp_path: Path) -> None:
    # 2 s of sound, nothing for 3 s, 3 s of sound.
    rate_hz = 44100 if codec == "wmav2" else 48000
    sound = speech_like(5 * rate_hz, rate_hz)[:1]
    path = write_audio(tmp_path / name, sound, codec, rate_hz=rate_hz, starts_s=((2 * rate_hz, 3.0),))
    audio = read_audio(path, RATE_HZ)
    assert audio.info.duration_s == pytest.approx(8.0, abs=0.15)
    assert np.abs(audio.waveform[int(2.3 * RATE_HZ) : int(4.7 * RATE_HZ)]).max() < 0.01
    assert np.abs(audio.waveform[int(5.3 * RATE_HZ) :]).max() > 0.3
    assert any("s without sound in the file, from 2." in text for text in audio.info.warnings)


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts", "late.flv"])
def test_sound_that_starts_after_the_picture_starts_late(name: str, tmp_path: Path) -> None:
    audio = read_audio(write_mp4(tmp_path / name, audio_start_s=1.5), RATE_HZ)
    assert audio.info.duration_s == pytest.approx(3.5, abs=0.1)
    assert audio.info.audio_start_s == 0
    assert np.abs(audio.waveform[: int(1.4 * RATE_HZ)]).max() < 0.01
    assert np.abs(audio.waveform[int(1.6 * RATE_HZ) :]).max() > 0.1


def joined(folder: Path, pieces: list[tuple[int, int]], codec: str, suffix: str) -> Path:
    """Raw frames of several recordings in a row: (rate, channels) each, with the same 5 s of sound."""
    path = folder / f"joined{suffix}"
    path.write_bytes(b"")
    for number, (rate_hz, num_channels) in enumerate(pieces):
        samples = np.repeat(speech_like(5 * rate_hz, rate_hz)[:1], num_channels, axis=0)
        options = {"write_xing": "0", "id3v2_version": "0"} if suffix == ".mp3" else {}
        piece = write_audio(folder / f"{number}{suffix}", samples, codec, rate_hz=rate_hz, options=options)
        with path.open("ab") as file:
            file.write(piece.read_bytes())
    return path


@pytest.mark.parametrize(("codec", "suffix"), [("libmp3lame", ".mp3"), ("aac", ".aac"), ("ac3", ".ac3")])
@pytest.mark.parametrize("rates", [(48000, 32000), (32000, 48000)])
def test_each_part_of_a_file_plays_at_its_own_rate(
    codec: str, suffix: str, rates: tuple[int, int], tmp_path: Path
) -> None:
    path = joined(tmp_path, [(rate, 1) for rate in rates], codec, suffix)
    audio = read_audio(path, RATE_HZ)
    assert audio.info.duration_s == pytest.approx(10, abs=0.3)
    second = audio.waveform[len(audio.waveform) // 2 :]
    assert likeness(second[: 4 * RATE_HZ], SPEECH[0, : 4 * RATE_HZ]) > 0.9
    assert audio.info.warnings == [f"its sample rate changes: {rates[0]}, {rates[1]} Hz"]


def test_each_part_of_a_file_is_read_with_its_own_number_of_channels(tmp_path: Path) -> None:
    audio = read_audio(joined(tmp_path, [(RATE_HZ, 1), (RATE_HZ, 2)], "aac", ".aac"), RATE_HZ)
    assert audio.info.duration_s == pytest.approx(10, abs=0.3)
    assert audio.info.warnings == ["its number of channels changes: 1, 2"]
    half = len(audio.waveform) // 2
    assert np.std(audio.waveform[half:]) == pytest.approx(np.std(audio.waveform[:half]), rel=0.05)


@pytest.mark.parametrize(
    ("codec", "suffix", "exact"),
    [
        ("pcm_u8", ".wav", 0.01),
        ("pcm_s16le", ".wav", 1e-4),
        ("pcm_s24le", ".wav", 1e-6),
        ("pcm_s32le", ".wav", 1e-6),
        ("pcm_f32le", ".wav", 0),
        ("pcm_f64le", ".wav", 0),
        ("pcm_f64be", ".aiff", 0),
        ("alac", ".m4a", 1e-4),
        ("flac", ".flac", 1e-4),
        ("wavpack", ".wv", 0.01),
        ("tta", ".tta", 0.01),
        ("pcm_alaw", ".wav", 0.03),
    ],
)
def test_every_sample_format_gives_the_same_sound(
    codec: str, suffix: str, exact: float, tmp_path: Path
) -> None:
    stereo = speech_like(2 * RATE_HZ)
    path = write_audio(tmp_path / f"clip{suffix}", stereo, codec)
    np.testing.assert_allclose(heard(path), stereo.mean(axis=0), atol=exact + 1e-7)


@pytest.mark.parametrize("num_channels", [1, 2, 3, 6, 7, 8, 9, 16, 31, 64])
@pytest.mark.parametrize("suffix", [".wav", ".mkv", ".caf", ".au", ".w64", ".flac", ".mp4"])
def test_1_to_64_channels_are_averaged_in_every_container(
    num_channels: int, suffix: str, tmp_path: Path
) -> None:
    codec = {".flac": "flac", ".mp4": "aac", ".au": "pcm_s16be"}.get(suffix, "pcm_s16le")
    if num_channels > {"flac": 8, "aac": 6}.get(codec, 64):
        pytest.skip(f"PyAV can't write so many channels as {codec}")
    levels = np.linspace(1.0, 0.5, num_channels, dtype=np.float32)
    samples = levels[:, None] * speech_like(RATE_HZ)[:1]
    layout = {3: "3.0", 6: "5.1", 7: "6.1", 8: "7.1"}.get(num_channels, "")
    path = write_audio(tmp_path / f"clip{suffix}", samples, codec, layout=layout)
    audio = read_audio(path, RATE_HZ)
    assert audio.info.num_channels == num_channels
    if codec != "aac":
        np.testing.assert_allclose(audio.waveform, samples.mean(axis=0), atol=1e-4)
    assert np.abs(audio.waveform).max() > 0.2


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="PyAV itself can't write such a layout")
def test_8_channels_of_aac_are_averaged(tmp_path: Path) -> None:
    channels = "|".join(["0.3*sin(2765*t)"] * 8)
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        f"aevalsrc={channels}:d=1:s=48000:c=7.1",
        "-c:a",
        "aac",
    ]
    subprocess.run([*command, str(tmp_path / "eight.mp4")], check=True)
    audio = read_audio(tmp_path / "eight.mp4", RATE_HZ)
    assert np.abs(audio.waveform[2000:12000]).max() == pytest.approx(0.3, abs=0.05)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="PyAV itself can't write such a layout")
def test_an_unusual_order_of_channels_does_not_end_the_process(tmp_path: Path) -> None:
    channels = "|".join(["0.3*sin(2765*t)"] * 7)
    source = f"aevalsrc={channels}:d=1:s=48000:c=FL+FR+FC+LFE+SL+SR+BC"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-c:a", "pcm_s24le"]
    subprocess.run([*command, str(tmp_path / "odd.mov")], check=True)
    for _ in range(3):
        assert read_int16(tmp_path / "odd.mov", RATE_HZ)[1].num_channels == 7


def test_channels_that_cancel_are_not_averaged(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "cancel.wav", np.concatenate([0.5 * SPEECH, -0.5 * SPEECH]), "pcm_s16le")
    audio = read_audio(path, RATE_HZ)
    np.testing.assert_allclose(audio.waveform, 0.5 * SPEECH[0], atol=1e-4)
    assert audio.info.warnings == ["its channels cancel each other; channel 1 is used alone"]


def test_speech_in_the_last_of_8_channels_is_no_cancellation(tmp_path: Path) -> None:
    samples = np.zeros((8, SPEECH.shape[1]), np.float32)
    samples[3] = SPEECH[0]
    audio = read_audio(write_audio(tmp_path / "one.wav", samples, "pcm_s16le", layout="7.1"), RATE_HZ)
    np.testing.assert_allclose(audio.waveform, SPEECH[0] / 8, atol=1e-4)
    assert audio.info.warnings == []


@pytest.mark.parametrize(("factor", "peak"), [(32767.0, 0.5), (2.0**31, 0.5), (3.0, 1.0)])
def test_floats_beyond_full_scale_are_scaled_back(factor: float, peak: float, tmp_path: Path) -> None:
    path = write_audio(tmp_path / "loud.wav", SPEECH * np.float32(factor), "pcm_f32le")
    audio = read_audio(path, RATE_HZ)
    assert likeness(audio.waveform, SPEECH[0]) > 0.9999
    assert np.abs(audio.waveform).max() == pytest.approx(peak, rel=0.05)
    assert "times full scale; scaled by" in audio.info.warnings[0]


def test_floats_without_a_meaning_are_refused(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "huge.wav", SPEECH * np.float32(1e20), "pcm_f32le")
    assert "its peak is 5e+19 times full scale" in refusal(path)
    samples = SPEECH.copy()
    samples[0, 70000] = np.nan
    assert "NaN or infinite" in refusal(write_audio(tmp_path / "nan.wav", samples, "pcm_f32le"))


def test_one_damaged_packet_costs_that_packet(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "clip.m4a", SPEECH, "aac")
    whole = heard(path)
    damage(path, [40])
    audio = read_audio(path, RATE_HZ)
    assert len(audio.waveform) == len(whole)
    assert "1 packet damaged and replaced by silence, at 2.5" in audio.info.warnings[0]
    far = np.r_[0 : int(2.3 * RATE_HZ), int(2.9 * RATE_HZ) : 5 * RATE_HZ - 2000]
    np.testing.assert_allclose(audio.waveform[far], whole[far], atol=1e-4)


def test_a_stream_that_begins_in_the_middle_does_not_end_the_others(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "clip.ts", SPEECH, "aac")
    other = {"mpegts_start_pid": "0x200", "mpegts_pmt_start_pid": "0x300", "mpegts_service_id": "2"}
    with av.open(str(tmp_path / "more.ts"), "w", options=other) as out:
        streams = [out.add_stream("aac", rate=RATE_HZ, layout="mono") for _ in range(2)]
        for stream in streams:
            encode(out, stream, SPEECH)
    path.write_bytes(path.read_bytes() * 4 + (tmp_path / "more.ts").read_bytes() + path.read_bytes())
    assert heard(path).size / RATE_HZ == pytest.approx(5 * 5.12, abs=0.1)


def test_a_file_with_many_damaged_packets_is_refused(tmp_path: Path) -> None:
    path = damage(write_audio(tmp_path / "clip.m4a", SPEECH, "aac"), list(range(20, 60)))
    assert "40 of 80 packets are damaged" in refusal(path) or "packets are damaged" in refusal(path)


def damage(path: Path, numbers: list[int]) -> Path:
    """Overwrites packets of the audio stream with 0xFF."""
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(container.streams.audio[0])]
    for number in numbers:
        start, size = packets[number]
        assert start is not None
        data[start : start + size] = b"\xff" * size
    path.write_bytes(data)
    return path


def test_zeros_after_the_end_of_an_mp3_are_no_damage(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "clip.mp3", SPEECH, "libmp3lame")
    whole = heard(path)
    path.write_bytes(path.read_bytes() + bytes(5000))
    np.testing.assert_array_equal(heard(path)[: len(whole)], whole)
    assert len(heard(path)) - len(whole) < 0.1 * RATE_HZ


def test_a_cover_picture_is_no_video_and_an_unknown_video_codec_leaves_the_sound(tmp_path: Path) -> None:
    cover = tmp_path / "cover.m4a"
    with av.open(str(cover), "w", format="mp4") as out:
        picture = out.add_stream("mjpeg", rate=1)
        picture.width, picture.height, picture.pix_fmt = 16, 16, "yuvj420p"
        picture.disposition = av.stream.Disposition.attached_pic
        sound = out.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        encode(out, sound, SPEECH)
    assert read_audio(cover, RATE_HZ).info.video_codec == ""
    film = write_mp4(tmp_path / "film.mp4")
    film.write_bytes(film.read_bytes().replace(b"avc1", b"zzzz"))
    info = read_audio(film, RATE_HZ).info
    assert (info.video_codec, info.duration_s) == ("", pytest.approx(2, abs=0.1))
