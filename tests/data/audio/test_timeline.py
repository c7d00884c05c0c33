"""Audio frames are placed by their timestamps, at their rate; a damaged packet affects no other."""

from pathlib import Path

import av
import numpy as np
import pytest
from making.listening import SPEECH, heard, likeness, refusal
from making.media import RATE_HZ, encode, speech_like, write_audio, write_mp4

from avdf.data.audio.limits import LIMITS
from avdf.data.audio.media import open_media
from avdf.data.audio.samples import read_audio
from avdf.data.audio.timeline import Timeline


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


def test_sound_may_start_later_than_the_timestamps_of_mpeg_may_jump(tmp_path: Path) -> None:
    audio = read_audio(write_mp4(tmp_path / "late.ts", seconds=16, audio_start_s=12), RATE_HZ)
    assert audio.info.duration_s == pytest.approx(28, abs=0.2)


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


def test_timestamps_that_go_back_and_forth_make_no_holes(tmp_path: Path) -> None:
    # MPEG-TS after its rate fell to half: within a packet of 8 frames the times are counted with the old
    # rate, and the next packet has the right one again.
    path = write_audio(tmp_path / "clip.ts", SPEECH, "aac")
    frame_s, holes = 0.046, []
    with open_media(path) as container:
        timeline = Timeline(container, LIMITS)
        for number in range(80):
            holes.append(timeline.hole_before(frame_s * (number // 8 * 8 + number % 8 / 2)))
            timeline.end_s += frame_s
        assert holes == [0] * 80
        assert timeline.hole_before(80 * frame_s + 1) == pytest.approx(1)  # the next hole is where it was


def test_each_part_of_a_file_is_read_with_its_own_number_of_channels(tmp_path: Path) -> None:
    audio = read_audio(joined(tmp_path, [(RATE_HZ, 1), (RATE_HZ, 2)], "aac", ".aac"), RATE_HZ)
    assert audio.info.duration_s == pytest.approx(10, abs=0.3)
    assert audio.info.warnings == ["its number of channels changes: 1, 2"]
    half = len(audio.waveform) // 2
    assert np.std(audio.waveform[half:]) == pytest.approx(np.std(audio.waveform[:half]), rel=0.05)


def test_a_damaged_packet_affects_no_other_packet(tmp_path: Path) -> None:
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
