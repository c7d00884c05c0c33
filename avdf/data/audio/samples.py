"""A media file -> mono samples at one rate, decoded and resampled in blocks."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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
from avdf.data.audio.media import MediaInfo, audio_streams, in_words, open_media, video_stream
from avdf.data.audio.mixdown import Mixdown, joined
from avdf.data.audio.stored import MOST_HELD_BYTES, Samples, SampleStore
from avdf.data.audio.timeline import DecodeLog
from avdf.errors import MediaError

Convert = Callable[[NDArray[np.float32]], NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Audio:
    """(sample,) float32 mono at the rate that was asked for, and what the file says of itself."""

    waveform: NDArray[np.float32]
    info: MediaInfo


def read_audio(path: Path, sample_rate_hz: int, limits: MediaLimits = LIMITS) -> Audio:
    """The default audio stream: mean of the channels, resampled by soxr (high quality).

    Samples lie where the timestamps of the file put them, holes are silence. Raises MediaError.
    """
    store, info = _read(path, sample_rate_hz, lambda block: block, math.inf, limits)
    return Audio(waveform=np.frombuffer(store.held, np.float32), info=info)


def read_int16(path: Path, sample_rate_hz: int, limits: MediaLimits = LIMITS) -> tuple[Samples, MediaInfo]:
    """As `read_audio`, in 16 bits; those of a long file are in a temporary one. Raises MediaError."""
    store, info = _read(path, sample_rate_hz, as_int16, MOST_HELD_BYTES, limits)
    return store.samples(), info


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
    path: Path, sample_rate_hz: int, convert: Convert, most_held_bytes: float, limits: MediaLimits
) -> tuple[SampleStore, MediaInfo]:
    mixdown, skipped_streams = Mixdown(), 0
    while True:
        with open_media(path, limits) as container:
            stream = _stream(path, container, skipped_streams)
            log, store = DecodeLog(), SampleStore(path, most_held_bytes)
            try:
                mixed = (
                    (piece.rate_hz, mixdown.mix(piece))
                    for piece in joined(linked_pieces(path, container, stream, log, limits))
                )
                for block in _resampled(mixed, sample_rate_hz):
                    store.add(convert(block).tobytes())
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
                return store, _info(container, stream, log, mixdown)
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
