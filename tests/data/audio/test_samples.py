"""Sound as a player gives it: the default stream, by its timestamps, with changing rates and channels."""

import shutil
import subprocess
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from making.listening import SPEECH, heard, likeness, refusal
from making.media import RATE_HZ, encode, speech_like, write_audio, write_mp4

from avdf.data.audio.limits import LIMITS
from avdf.data.audio.media import open_media
from avdf.data.audio.samples import read_audio, read_int16
from avdf.data.audio.timeline import DecodeLog, pieces


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


def test_a_stream_of_an_unknown_codec_is_left_for_the_next(tmp_path: Path) -> None:
    path = tmp_path / "unknown.mkv"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono") for _ in range(2)]
        streams[0].disposition = av.stream.Disposition.default
        streams[1].disposition = av.stream.Disposition(0)
        for stream in streams:
            encode(out, stream, SPEECH)
    path.write_bytes(path.read_bytes().replace(b"A_PCM/INT/LIT", b"A_NEW/INT/LIT", 1))
    np.testing.assert_allclose(heard(path), SPEECH[0], atol=1e-4)


def test_a_stream_without_packets_is_left_for_the_next(tmp_path: Path) -> None:
    path = tmp_path / "empty_first.mkv"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("pcm_s16le", rate=RATE_HZ, layout=layout) for layout in ("5.1", "mono")]
        encode(out, streams[1], SPEECH)
    np.testing.assert_allclose(heard(path), SPEECH[0], atol=1e-4)


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


def test_no_frame_leaves_anything_in_memory(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.mp4", np.tile(SPEECH, 12), "aac")  # a minute in frames of 64 ms

    def num_pieces() -> int:
        with open_media(path) as container:
            return sum(1 for _ in pieces(path, container, container.streams.audio[0], DecodeLog(), LIMITS))

    num_pieces()  # what is loaded once
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    num = num_pieces()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert num == 938
    assert grown < 10 * num  # a layout of channels takes 40 bytes


def test_channels_that_cancel_are_not_averaged(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "cancel.wav", np.concatenate([0.5 * SPEECH, -0.5 * SPEECH]), "pcm_s16le")
    audio = read_audio(path, RATE_HZ)
    np.testing.assert_allclose(audio.waveform, 0.5 * SPEECH[0], atol=1e-4)
    assert audio.info.warnings == ["its channels cancel each other; channel 1 is used alone"]


@pytest.mark.parametrize(("gain", "warnings"), [(0.0, 1), (1e-4, 1), (0.01, 0)])
def test_a_stereo_file_with_a_silent_channel_is_told_so(gain: float, warnings: int, tmp_path: Path) -> None:
    path = write_audio(tmp_path / "one.wav", np.concatenate([gain * SPEECH, SPEECH]), "pcm_s16le")
    audio = read_audio(path, RATE_HZ)
    words = "channel 1 of 2 is silent; the mean is 6 dB quieter"
    assert audio.info.warnings == [words][:warnings]
    np.testing.assert_allclose(audio.waveform, (1 + gain) / 2 * SPEECH[0], atol=1e-4)


def test_channels_that_cancel_down_to_their_noise_are_not_averaged(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.02, (2, SPEECH.shape[1])).astype(np.float32)
    samples = np.concatenate([SPEECH, -0.95 * SPEECH]) + noise
    audio = read_audio(write_audio(tmp_path / "noisy.wav", samples, "pcm_s16le"), RATE_HZ)
    np.testing.assert_allclose(audio.waveform, samples[0], atol=1e-4)
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
