"""A media file -> waveform, frames. The only room that decodes."""

from dataclasses import dataclass
from functools import lru_cache, reduce
from pathlib import Path

import av
import numpy as np
import soxr
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from avdf.errors import UserError

MEDIA_SUFFIXES = (".mp4", ".wav", ".flac", ".mp3", ".m4a", ".ogg", ".mov", ".mkv", ".webm", ".avi")
_SHORTEST_S = 0.1
_ROUNDING_S = 0.001
_FULL_SCALE = 32767
_MISSING_END = 0.1  # a file that ends this share before the length it declares was cut off


class MediaError(UserError):
    """A file that can't become a clip: `reason` as in skipped.csv, `detail` in words."""

    def __init__(self, path: Path, reason: str, detail: str) -> None:
        super().__init__(f"{path}: {reason} ({detail})")
        self.path, self.reason, self.detail = path, reason, detail

    def __reduce__(self) -> tuple[type["MediaError"], tuple[Path, str, str]]:
        return type(self), (self.path, self.reason, self.detail)  # so that it crosses processes


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the file says of its streams before anything is changed."""

    duration_s: float  # of the decoded audio
    audio_start_s: float  # when the audio begins, in the time that the frames have
    sample_rate_hz: int
    num_channels: int
    audio_codec: str
    audio_bit_rate: int
    video_codec: str  # "" without video
    frame_rate_hz: float  # 0 without video


@dataclass(frozen=True, kw_only=True)
class Audio:
    """(sample,) float32 mono at the rate that was asked for, and the facts of the file."""

    waveform: NDArray[np.float32]
    facts: Facts


def read_audio(path: Path, sample_rate_hz: int) -> Audio:
    """The first audio stream: mean of the channels, resampled by soxr (high quality).

    The decoder drops AAC's priming samples itself. Raises MediaError.
    """
    with _opened(path) as container:
        if not container.streams.audio:
            raise MediaError(path, "no audio", "the file has no audio stream")
        stream = container.streams.audio[0]
        try:
            mono, num_channels, rate_hz = _decoded(container, stream)
        except (av.FFmpegError, ValueError) as error:
            raise MediaError(path, "unreadable", f"its audio can't be decoded: {_words(error)}") from error
        facts = _facts(container, stream, (num_channels, len(mono)), rate_hz)
    declared_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
    if facts.duration_s < declared_s * (1 - _MISSING_END):
        raise MediaError(path, "unreadable", f"ends after {facts.duration_s:.2f} of {declared_s:.2f} s")
    if facts.duration_s < _SHORTEST_S:
        raise MediaError(path, "too short", f"{facts.duration_s:.3f} s of audio")
    if not np.isfinite(mono.sum()):  # one that is no number makes the sum none
        raise MediaError(path, "unreadable", "its audio holds values that are no numbers")
    return Audio(waveform=soxr.resample(mono, rate_hz, sample_rate_hz, quality="HQ"), facts=facts)


def as_int16(waveform: NDArray[np.float32]) -> NDArray[np.int16]:
    """-1..1 -> 16-bit samples, rounded; what is louder than full scale is clipped."""
    return np.clip(np.rint(waveform * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE).astype(np.int16)


def as_float32(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """16-bit samples -> -1..1."""
    return samples.astype(np.float32) / np.float32(_FULL_SCALE)


def read_frames(
    path: Path, times_s: NDArray[np.float64], *, height: int, width: int, decoder: str = "auto"
) -> NDArray[np.uint8]:
    """(frame, 3, height, width) RGB: the pictures that are on screen at `times_s`, in the file's time.

    A picture that begins up to a millisecond later counts: decoders round their times apart.
    `decoder` is "decord", "pyav", or "auto": decord where it is installed. Raises MediaError.
    """
    import cv2  # slow to import, and the processes that decode audio don't need it

    by_decord = decoder == "decord" or (decoder == "auto" and _has_decord())
    pictures = (_frames_by_decord if by_decord else _frames_by_pyav)(path, times_s + _ROUNDING_S)
    sized = [cv2.resize(item, (width, height), interpolation=cv2.INTER_AREA) for item in pictures]
    return np.stack(sized).astype(np.uint8, copy=False).transpose(0, 3, 1, 2)


def _opened(path: Path) -> av.container.InputContainer:
    if not path.is_file():
        raise MediaError(path, "missing file", "no such file")
    try:
        return av.open(str(path), mode="r", metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(path, "unreadable", f"can't be opened: {_words(error)}") from error


def _words(error: Exception) -> str:
    """What went wrong, without the path and the number that FFmpeg puts around it."""
    return str(getattr(error, "strerror", None) or error)


def _decoded(
    container: av.container.InputContainer, stream: av.AudioStream
) -> tuple[NDArray[np.float32], int, int]:
    """(sample,) float32 mean of the channels, how many there are, and the file's own rate in Hz."""
    to_float = AudioResampler(format="fltp")  # changes the sample format alone
    sums, counts = [], set()
    for frame in container.decode(stream):
        for part in [frame] if frame.format.name == "fltp" else to_float.resample(frame):
            # Frame by frame the samples are still in the processor's cache.
            channels = [_samples(plane, part.samples) for plane in part.planes]
            sums.append(reduce(np.add, channels))
            counts.add(len(channels))
    if len(counts) != 1:
        raise ValueError("the number of its channels changes" if counts else "no sample in it")
    (num_channels,) = counts
    mono = np.concatenate(sums)
    mono /= np.float32(num_channels)
    return mono, num_channels, int(stream.rate)


def _samples(plane: av.audio.plane.AudioPlane, num_samples: int) -> NDArray[np.float32]:
    """(sample,) a channel where it lies: a plane is a buffer, though its type does not say so."""
    return np.frombuffer(plane, np.float32, num_samples)  # type: ignore[call-overload, no-any-return]


def _facts(
    container: av.container.InputContainer, stream: av.AudioStream, shape: tuple[int, ...], rate_hz: int
) -> Facts:
    video = container.streams.video[0] if container.streams.video else None
    start_s = float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0
    return Facts(
        duration_s=shape[1] / rate_hz,
        audio_start_s=start_s,
        sample_rate_hz=rate_hz,
        num_channels=shape[0],
        audio_codec=stream.codec_context.name,
        audio_bit_rate=int(stream.bit_rate or 0),
        video_codec=video.codec_context.name if video else "",
        frame_rate_hz=float(video.average_rate or 0) if video else 0.0,
    )


def _frames_by_pyav(path: Path, times_s: NDArray[np.float64]) -> list[NDArray[np.uint8]]:
    with _opened(path) as container:
        if not container.streams.video:
            raise MediaError(path, "no video", "the file has no video stream")
        stream = container.streams.video[0]
        wanted = np.sort(np.unique(times_s))
        shown: dict[float, NDArray[np.uint8]] = {}
        try:
            last = None
            for frame in container.decode(stream):
                # What was on screen until this frame began answers every time before it.
                while len(shown) < len(wanted) and frame.time > wanted[len(shown)] and last is not None:
                    shown[wanted[len(shown)]] = _rgb(last)
                if len(shown) == len(wanted):
                    break
                last = frame
            for time_s in wanted[len(shown) :]:
                if last is None:
                    raise MediaError(path, "unreadable", "no frame in its video stream")
                shown[time_s] = _rgb(last)
        except (av.FFmpegError, ValueError) as error:
            raise MediaError(path, "unreadable", f"its video can't be decoded: {_words(error)}") from error
    return [shown[time_s] for time_s in times_s]


def _rgb(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def _frames_by_decord(path: Path, times_s: NDArray[np.float64]) -> list[NDArray[np.uint8]]:
    import decord  # an optional wheel: not every platform has one

    if not path.is_file():
        raise MediaError(path, "missing file", "no such file")
    try:
        reader = decord.VideoReader(str(path), num_threads=1)
        starts_s = reader.get_frame_timestamp(np.arange(len(reader)))[:, 0]
        on_screen = np.searchsorted(starts_s, times_s, side="right") - 1
        return list(reader.get_batch(np.clip(on_screen, 0, len(reader) - 1)).asnumpy())
    except (decord.DECORDError, RuntimeError) as error:
        raise MediaError(path, "unreadable", "its video can't be decoded") from error


@lru_cache
def _has_decord() -> bool:
    try:
        import decord  # noqa: F401
    except (ImportError, OSError):
        return False
    return True
