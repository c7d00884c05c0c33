"""A media file -> mono samples at one rate, decoded and resampled in blocks."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from avdf.data.audio.lengths import declared_file_s, declared_s, missing_bytes
from avdf.data.audio.levels import as_int16
from avdf.data.audio.limits import LIMITS, MediaLimits
from avdf.data.audio.links import linked_pieces
from avdf.data.audio.media import MediaError, MediaInfo, audio_streams, in_words, open_media, video_stream
from avdf.data.audio.timeline import DecodeLog, Piece

Convert = Callable[[NDArray[np.float32]], NDArray[Any]]
_INTEGER_BITS = (15, 23, 31)  # ranges of integers that floats may have been left in
_LEAST_INTEGER_PEAK = 64.0


@dataclass(frozen=True, kw_only=True)
class Audio:
    """(sample,) float32 mono at the rate that was asked for, and what the file says of itself."""

    waveform: NDArray[np.float32]
    info: MediaInfo


def read_audio(path: Path, sample_rate_hz: int, limits: MediaLimits = LIMITS) -> Audio:
    """The default audio stream: mean of the channels, resampled by soxr (high quality).

    Samples lie where the timestamps of the file put them, holes are silence. Raises MediaError.
    """
    samples, info = _read(path, sample_rate_hz, lambda block: block, limits)
    return Audio(waveform=np.frombuffer(samples, np.float32), info=info)


def read_int16(
    path: Path, sample_rate_hz: int, limits: MediaLimits = LIMITS
) -> tuple[NDArray[np.int16], MediaInfo]:
    """As `read_audio`, in 16 bits: half the memory for long files. Raises MediaError."""
    samples, info = _read(path, sample_rate_hz, as_int16, limits)
    return np.frombuffer(samples, np.int16), info


class Mixdown:
    """Mean of the channels, or one of them, times a gain; measures what it mixes."""

    def __init__(self, gain: float = 1.0, channel: int | None = None, why: str = "") -> None:
        self.gain, self.channel, self.why = np.float32(gain), channel, why
        self.peak = 0.0
        self.runs: dict[int, int] = {}  # rate in Hz -> samples
        self.counts: list[int] = []  # numbers of channels, in order of appearance
        self._energies = np.zeros(0)  # (channel,)
        self._mixed_energy = 0.0

    def mix(self, piece: Piece) -> NDArray[np.float32]:
        """(sample,) mono. Raises ValueError for NaN or infinite samples."""
        channels = piece.channels
        self.runs[piece.rate_hz] = self.runs.get(piece.rate_hz, 0) + len(channels[0])
        if not piece.is_hole:
            self._measure(channels)
        if self.channel is not None:
            mono = channels[min(self.channel, len(channels) - 1)] * np.float32(1)
        else:
            mono = reduce(np.add, channels) / np.float32(len(channels))
        if len(channels) > 1:
            self._mixed_energy += float(np.dot(mono, mono))
        return mono * self.gain if self.gain != 1 else mono

    def correction(self, codec: str, limits: MediaLimits) -> "Mixdown | None":
        """A better mix, now that the whole file is measured. Raises ValueError where there is none."""
        gain, channel, why = 1.0, None, []
        is_pcm = codec.startswith("pcm_f")
        if self.peak > (limits.over_full_scale if is_pcm else limits.over_full_scale_decoded):
            gain = _gain_for(self.peak)
            why.append(f"its peak is {self.peak:.5g} times full scale; scaled by {gain:.3g}")
        energy = float(self._energies.mean()) if len(self._energies) > 1 else 0.0
        is_loud = energy > 10 ** (limits.silent_db / 10) * sum(self.runs.values())
        if is_loud and self._mixed_energy < limits.cancelled_share * energy:
            channel = int(self._energies.argmax())
            why.append(f"its channels cancel each other; channel {channel + 1} is used alone")
        return Mixdown(gain, channel, "; ".join(why)) if why else None

    def warnings(self) -> list[str]:
        """What was changed, in words."""
        words = [self.why] if self.why else []
        if len(self.runs) > 1:
            words.append(f"its sample rate changes: {', '.join(map(str, self.runs))} Hz")
        if len(self.counts) > 1:
            words.append(f"its number of channels changes: {', '.join(map(str, self.counts))}")
        return words

    def _measure(self, channels: list[NDArray[np.float32]]) -> None:
        for channel in channels:
            peak = max(float(channel.max()), -float(channel.min()))
            if not math.isfinite(peak):
                raise ValueError("it holds samples that are NaN or infinite")
            self.peak = max(self.peak, peak)
        if len(channels) not in self.counts:
            self.counts.append(len(channels))
            self._energies = np.pad(self._energies, (0, max(len(channels) - len(self._energies), 0)))
        if len(channels) > 1:
            for number, channel in enumerate(channels):
                self._energies[number] += float(np.dot(channel, channel))


def _gain_for(peak: float) -> float:
    """The gain for integers that were stored as floats, by their range; other floats get a peak of 1."""
    if peak < _LEAST_INTEGER_PEAK:
        return 1 / peak
    for bits in _INTEGER_BITS:
        if peak <= 2**bits:
            return float(2.0**-bits)
    raise ValueError(f"its peak is {peak:.3g} times full scale")


def _resampled(
    blocks: Iterable[tuple[int, NDArray[np.float32]]], sample_rate_hz: int
) -> Iterator[NDArray[np.float32]]:
    """Blocks at the rate asked for; each run of blocks of one rate is resampled as a whole."""
    stream, stream_rate_hz = None, 0
    for rate_hz, block in blocks:
        if stream is None or rate_hz != stream_rate_hz:
            if stream is not None:
                yield stream.resample_chunk(np.zeros(0, np.float32), last=True)
            stream = soxr.ResampleStream(rate_hz, sample_rate_hz, 1, dtype="float32", quality="HQ")
            stream_rate_hz = rate_hz
        yield stream.resample_chunk(np.ascontiguousarray(block))
    if stream is not None:
        yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _read(
    path: Path, sample_rate_hz: int, convert: Convert, limits: MediaLimits
) -> tuple[bytearray, MediaInfo]:
    mixdown, skipped_streams = Mixdown(), 0
    while True:
        with open_media(path, limits) as container:
            stream = _stream(path, container, skipped_streams)
            log, samples = DecodeLog(), bytearray()
            try:
                mixed = (
                    (piece.rate_hz, mixdown.mix(piece))
                    for piece in linked_pieces(path, container, stream, log, limits)
                )
                for block in _resampled(mixed, sample_rate_hz):
                    samples += convert(block).tobytes()
                if not mixdown.counts and skipped_streams + 1 < len(container.streams.audio):
                    skipped_streams += 1  # a stream without samples
                    continue
                _check_complete(path, container, stream, log, mixdown, limits)
                better = mixdown.correction(stream.codec_context.name, limits) if not mixdown.why else None
            except (av.FFmpegError, ValueError) as error:
                if isinstance(error, MediaError):
                    raise
                detail = f"its audio can't be decoded: {in_words(error)}"
                raise MediaError(path, "unreadable", detail) from error
            if better is None:
                return samples, _info(container, stream, log, mixdown)
            mixdown = better


def _stream(path: Path, container: av.container.InputContainer, number: int) -> av.AudioStream:
    streams = audio_streams(container)
    if not streams:
        raise MediaError(path, "no audio", "the file has no audio stream")
    if streams[number].codec_context is None:
        raise MediaError(path, "unreadable", "FFmpeg has no decoder for its audio")
    return streams[number]


def _check_complete(
    path: Path,
    container: av.container.InputContainer,
    stream: av.AudioStream,
    log: DecodeLog,
    mixdown: Mixdown,
    limits: MediaLimits,
) -> None:
    """Raises MediaError for a file that is empty, cut off, mostly damaged or too short."""
    if not mixdown.counts:
        raise ValueError(log.error or "no sample in it")
    duration_s = _duration_s(mixdown)
    declared, declared_file = declared_s(path, container, stream), declared_file_s(path, container)
    for length_s, wanted_s in ((duration_s, declared), (max(log.last_packet_s, duration_s), declared_file)):
        if wanted_s is not None and length_s < wanted_s * (1 - limits.missing_share):
            raise MediaError(path, "unreadable", f"ends after {length_s:.2f} of {wanted_s:.2f} s")
    if (missing := missing_bytes(path, container)) is not None:
        raise MediaError(path, "unreadable", f"cut off: {missing}")
    if log.is_mostly_damaged(limits.damaged_share):
        num_damaged = len(log.damaged_s) + len(log.trailing_s)
        raise ValueError(f"{num_damaged} of {log.num_packets} packets are damaged")
    if duration_s < limits.shortest_s:
        raise MediaError(path, "too short", f"{duration_s:.3f} s of audio; at least {limits.shortest_s:g} s")


def _duration_s(mixdown: Mixdown) -> float:
    return sum(num_samples / rate_hz for rate_hz, num_samples in mixdown.runs.items())


def _info(
    container: av.container.InputContainer, stream: av.AudioStream, log: DecodeLog, mixdown: Mixdown
) -> MediaInfo:
    video = video_stream(container)
    codec = video.codec_context if video is not None else None  # None where FFmpeg has no decoder
    num_streams = len(container.streams.audio)
    several = [f"{num_streams} audio streams; number {_number(container, stream)} is used"]
    return MediaInfo(
        duration_s=_duration_s(mixdown),
        audio_start_s=log.audio_start_s,
        sample_rate_hz=next(iter(mixdown.runs)),
        num_channels=mixdown.counts[0],
        audio_codec=stream.codec_context.name,
        audio_bit_rate=int(stream.bit_rate or 0),
        video_codec=codec.name if codec is not None else "",
        frame_rate_hz=float(video.average_rate or 0) if video is not None else 0.0,
        warnings=(several if num_streams > 1 else []) + log.warnings() + mixdown.warnings(),
    )


def _number(container: av.container.InputContainer, stream: av.AudioStream) -> int:
    return [item.index for item in container.streams.audio].index(stream.index) + 1
