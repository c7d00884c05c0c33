"""Audio frames of a stream on the time axis of the file; holes and damaged packets become silence."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.formats import FILE_LENGTH_FORMATS, RESTARTING_FORMATS, TIMED_FORMATS
from avdf.data.audio.limits import MediaLimits
from avdf.data.audio.media import file_start_s, in_words, never_free
from avdf.errors import MediaError

_ROUNDING_S = 0.001
_LONGEST_OVERLAP_S = 1.0
_SILENCE_BLOCK = 1 << 16  # samples
_MOST_TIMES = 5  # that a warning lists
# By FFmpeg's names without the "p" of planar: type, value of silence, full scale.
_SAMPLE_FORMATS = {
    "u8": (np.uint8, 2**7, 2**7),
    "s16": (np.int16, 0, 2**15),
    "s32": (np.int32, 0, 2**31),
    "s64": (np.int64, 0, 2**63),
    "flt": (np.float32, 0, 1),
    "dbl": (np.float64, 0, 1),
}


@dataclass(frozen=True)
class Piece:
    """Some samples in a row: `channels` is one float32 array (sample,) per channel."""

    rate_hz: int
    channels: list[NDArray[np.float32]]
    is_hole: bool = False


@dataclass
class DecodeLog:
    """What happened while a stream was decoded. Times are in seconds of the file."""

    num_packets: int = 0
    damaged_s: list[float] = field(default_factory=list)  # followed by sound
    trailing_s: list[float] = field(default_factory=list)  # not followed by sound
    holes: list[tuple[float, float]] = field(default_factory=list)  # start, length
    audio_start_s: float = 0.0
    last_packet_s: float = 0.0  # end of the last packet of any stream, where the format needs it
    error: str = ""  # the last one
    end_error: str = ""  # why the container can't be read to its end

    def is_mostly_damaged(self, share: float) -> bool:
        """Whether more than one packet and more than this share of them can't be decoded."""
        num_damaged = len(self.damaged_s) + len(self.trailing_s)
        return num_damaged > 1 and num_damaged > share * self.num_packets

    def append(self, later: "DecodeLog", offset_s: float) -> None:
        """Adds the log of a later link of the file, which begins at `offset_s`."""
        if not self.num_packets:
            self.audio_start_s = later.audio_start_s
        self.num_packets += later.num_packets
        self.damaged_s += [offset_s + time_s for time_s in later.damaged_s]
        self.trailing_s += [offset_s + time_s for time_s in later.trailing_s]
        self.holes += [(offset_s + start_s, length_s) for start_s, length_s in later.holes]
        self.last_packet_s = max(self.last_packet_s, offset_s + later.last_packet_s)
        self.error, self.end_error = later.error or self.error, later.end_error or self.end_error

    def warnings(self) -> list[str]:
        """The log in words."""
        words = []
        if self.damaged_s:
            times = _times(self.damaged_s)
            words.append(f"{_count(self.damaged_s)} damaged and replaced by silence, at {times}")
        if self.trailing_s:
            words.append(f"{_count(self.trailing_s)} at the end can't be decoded")
        if self.end_error:
            words.append(f"the file can't be read to its end: {self.end_error}")
        if self.holes:
            seconds = sum(length for _, length in self.holes)
            starts = _times([start for start, _ in self.holes])
            words.append(f"{seconds:.2f} s without sound in the file, from {starts}")
        return words


class Timeline:
    """Decides how much silence precedes a frame, from its timestamp and what came before it."""

    def __init__(self, container: av.container.InputContainer, limits: MediaLimits) -> None:
        self.end_s = 0.0  # file time, from the start of the file's first stream
        self.lost_s = 0.0  # of damaged packets since the last frame
        self.start_s: float | None = None  # file time of the first sample
        self._overlap_s = 0.0  # by which samples are late, after timestamps went back a little
        self._hole_s = limits.hole_s
        self._is_timed = container.format.name in TIMED_FORMATS
        self._longest_s = limits.discontinuity_s if container.format.name in RESTARTING_FORMATS else math.inf

    def hole_before(self, time_s: float | None) -> float:
        """Seconds of silence before a frame with this file time; moves the end there."""
        lost_s, self.lost_s = self.lost_s, 0.0
        hole_s = 0.0
        if not self._is_timed or time_s is None:
            hole_s = lost_s
        else:
            jump_s = time_s - self.end_s
            longest_s = math.inf if self.start_s is None else self._longest_s
            if (_ROUNDING_S if lost_s else self._hole_s) <= jump_s <= longest_s:
                hole_s = jump_s - self._overlap_s if jump_s > self._overlap_s + _ROUNDING_S else 0.0
                self.end_s += jump_s - hole_s
                self._overlap_s = max(self._overlap_s - jump_s, 0.0)
            elif abs(jump_s) >= self._hole_s:  # the timestamps start over; no sample is dropped
                self.end_s = time_s
                is_overlap = -_LONGEST_OVERLAP_S < jump_s < 0
                self._overlap_s = self._overlap_s - jump_s if is_overlap else 0.0
        if self.start_s is None:
            self.start_s = 0.0 if hole_s or not self._is_timed else time_s or 0.0
            self.end_s = self.start_s
        self.end_s += hole_s
        return hole_s


def pieces(
    path: Path,
    container: av.container.InputContainer,
    stream: av.AudioStream,
    log: DecodeLog,
    limits: MediaLimits,
) -> Iterator[Piece]:
    """The stream's samples and the silence between them, in the order of the file.

    Raises MediaError past a limit. Packets that can't be decoded are listed in `log`.
    """
    timeline = Timeline(container, limits)
    start_s = file_start_s(container)
    for frame in _frames(container, stream, log, timeline):
        never_free(frame.layout)
        rate_hz = int(frame.sample_rate)
        _check_shape(path, rate_hz, frame.layout.nb_channels, limits)
        before_s = timeline.end_s
        hole_s = timeline.hole_before(None if frame.time is None else frame.time - start_s)
        log.audio_start_s = timeline.start_s or 0.0
        if timeline.end_s > limits.seconds:
            raise MediaError(path, "too long", f"more than {limits.seconds / 3600:g} hours of audio")
        if hole_s:
            log.holes.append((before_s, hole_s))
            yield from _silence(round(hole_s * rate_hz), rate_hz)
        timeline.end_s += frame.samples / rate_hz
        yield Piece(rate_hz, _channels(frame))


def _frames(
    container: av.container.InputContainer, stream: av.AudioStream, log: DecodeLog, timeline: Timeline
) -> Iterator[av.AudioFrame]:
    # Where only the file as a whole declares its length, the packets of all streams say where it ends.
    every_stream = container.format.name in FILE_LENGTH_FORMATS
    try:
        for packet in _packets(container, None if every_stream else stream):
            if every_stream and packet.pts is not None and packet.time_base is not None:
                end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                log.last_packet_s = max(log.last_packet_s, end_s - file_start_s(container))
            if packet.stream.index != stream.index:
                continue
            log.num_packets += packet.size > 0
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError) as error:
                log.error = in_words(error)
                if packet.size > 0:
                    log.trailing_s.append(timeline.end_s + timeline.lost_s)
                    timeline.lost_s += float((packet.duration or 0) * (packet.time_base or 0))
                continue
            for frame in frames:
                if not isinstance(frame, av.AudioFrame) or not frame.samples:
                    continue
                log.damaged_s.extend(log.trailing_s)
                log.trailing_s.clear()
                yield frame
    except (av.FFmpegError, ValueError) as error:  # the container can't be read further
        log.error = log.end_error = in_words(error)


def _packets(
    container: av.container.InputContainer, stream: av.AudioStream | None
) -> Iterator["av.Packet[Any]"]:
    """The packets of one stream, or of all."""
    while True:
        try:
            yield from container.demux() if stream is None else container.demux(stream)
        except IndexError:  # from PyAV, for a packet of a stream that begins in the middle of the file
            continue
        return


def _check_shape(path: Path, rate_hz: int, num_channels: int, limits: MediaLimits) -> None:
    if not limits.lowest_rate_hz <= rate_hz <= limits.highest_rate_hz:
        span = f"from {limits.lowest_rate_hz} to {limits.highest_rate_hz} Hz"
        raise MediaError(path, "unsupported rate", f"{rate_hz} Hz; rates {span} are decoded")
    if not 1 <= num_channels <= limits.channels:
        raise MediaError(path, "too many channels", f"{num_channels}; 1 to {limits.channels} are decoded")


def _channels(frame: av.AudioFrame) -> list[NDArray[np.float32]]:
    """(sample,) float32 per channel, full scale 1."""
    num_channels, kind = frame.layout.nb_channels, frame.format.name.removesuffix("p")
    if kind not in _SAMPLE_FORMATS:
        raise ValueError(f"unknown sample format {frame.format.name}")
    dtype, zero, full_scale = _SAMPLE_FORMATS[kind]
    # Of a frame with 8 or more planes PyAV counts too many, and its resampler can't take every layout.
    # So only the first planes are read, and converted here.
    is_planar = frame.format.name.endswith("p")
    num_planes = num_channels if is_planar else 1
    count = frame.samples * num_channels // num_planes
    planes = [
        np.frombuffer(plane, dtype, count)  # type: ignore[call-overload]  # a plane is a buffer
        for plane in frame.planes[:num_planes]
    ]
    raw = planes if is_planar else list(planes[0].reshape(-1, num_channels).T)
    if full_scale == 1:
        return [channel.astype(np.float32, copy=False) for channel in raw]
    gain = np.float32(1 / full_scale)
    return [(channel.astype(np.float32) - np.float32(zero)) * gain for channel in raw]


def _silence(num_samples: int, rate_hz: int) -> Iterator[Piece]:
    for start in range(0, num_samples, _SILENCE_BLOCK):
        size = min(_SILENCE_BLOCK, num_samples - start)
        yield Piece(rate_hz, [np.zeros(size, np.float32)], is_hole=True)


def _count(times_s: list[float]) -> str:
    return f"{len(times_s)} packet{'s' if len(times_s) != 1 else ''}"


def _times(times_s: list[float]) -> str:
    listed = ", ".join(f"{time_s:.2f}" for time_s in times_s[:_MOST_TIMES])
    return f"{listed}{', ...' if len(times_s) > _MOST_TIMES else ''} s"
