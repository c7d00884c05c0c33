"""Chained Ogg: several recordings in one file, as internet radio and voice recorders write them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from making.media import RATE_HZ, speech_like, write_audio

from avdf.data.audio.limits import LIMITS
from avdf.data.audio.samples import Audio, read_audio
from avdf.errors import MediaError


def link(path: Path, codec: str, num_channels: int, rate_hz: int) -> Path:
    sound = speech_like(2 * rate_hz, rate_hz)[:num_channels]
    return write_audio(path, sound, codec, rate_hz=rate_hz, container="ogg")


def chained(path: Path, *links: Path) -> Audio:
    path.write_bytes(b"".join(item.read_bytes() for item in links))
    return read_audio(path, RATE_HZ)


@pytest.mark.parametrize(
    ("codec", "channels", "rates_hz"),
    [
        ("libopus", (2, 1), (48000, 48000)),
        ("libopus", (1, 2), (48000, 48000)),
        ("flac", (1, 1), (16000, 44100)),
        ("libopus", (1, 1), (48000, 48000)),
    ],
)
def test_every_link_sounds_as_a_file_of_its_own(
    codec: str, channels: tuple[int, int], rates_hz: tuple[int, int], tmp_path: Path
) -> None:
    links = [link(tmp_path / f"{n}.ogg", codec, channels[n], rates_hz[n]) for n in (0, 1)]
    whole = chained(tmp_path / "whole.ogg", *links, links[0]).waveform
    alone = [read_audio(item, RATE_HZ).waveform for item in (*links, links[0])]
    assert len(whole) / RATE_HZ == pytest.approx(6, abs=0.02)
    start = 0
    for waveform in alone:
        inner = waveform[800:-800]  # the resampler runs across the ends of equal rates
        assert np.abs(whole[start + 800 : start + 800 + len(inner)] - inner).max() < 1e-3
        start += len(waveform)


def test_the_change_is_said_and_the_first_link_describes_the_file(tmp_path: Path) -> None:
    links = [link(tmp_path / f"{n}.ogg", "libopus", 2 - n, 48000) for n in (0, 1)]
    info = chained(tmp_path / "whole.ogg", *links).info
    assert (info.num_channels, info.duration_s) == (2, pytest.approx(4, abs=0.02))
    assert info.warnings == ["its number of channels changes: 2, 1"]


def test_the_longest_length_is_that_of_all_links_together(tmp_path: Path) -> None:
    path = link(tmp_path / "1.ogg", "libopus", 1, 48000)
    path.write_bytes(path.read_bytes() * 3)
    with pytest.raises(MediaError, match="too long"):
        read_audio(path, RATE_HZ, replace(LIMITS, seconds=5.0))
