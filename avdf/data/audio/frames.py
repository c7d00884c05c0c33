"""A media file -> pictures at given times, as the ffmpeg program shows them."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
from av.buffer import Buffer
from numpy.typing import NDArray

from avdf.config.schema import FramesConfig
from avdf.data.audio.limits import LIMITS, MediaLimits
from avdf.data.audio.media import file_start_s, in_words, open_media, video_stream
from avdf.errors import ConfigError, MediaError

_ROUNDING_S = 0.001
Fit = Callable[[NDArray[np.uint8], int], NDArray[np.uint8]]  # a picture and its number -> a frame


def read_frames(
    path: Path, times_s: NDArray[np.float64], config: FramesConfig, limits: MediaLimits = LIMITS
) -> NDArray[np.uint8]:
    """(frame, 3, height, width) RGB: the pictures on screen at `times_s`, seconds of the file.

    0 is the start of the file's first stream. A picture that begins up to a millisecond later counts,
    since timestamps are rounded. Pictures are turned upright and mirrored as their display matrix says.
    A damaged frame leaves the one before it on screen. With `config.reader` decord, PyAV still reads the
    files whose frame times decord gives differently. Raises MediaError.
    """
    times_s, size = times_s + _ROUNDING_S, (config.height, config.width)
    pictures = _pictures_by_decord(path, times_s, size, limits) if config.reader == "decord" else None
    pictures = pictures or _pictures_by_pyav(path, times_s, lambda picture, _: resized(picture, size), limits)
    return np.stack(pictures).astype(np.uint8, copy=False).transpose(0, 3, 1, 2)


def fitted_frames(
    path: Path, times_s: NDArray[np.float64], fit: Fit, limits: MediaLimits = LIMITS
) -> NDArray[np.uint8]:
    """As `read_frames` with PyAV; `fit` makes each picture a frame of one size. Raises MediaError.

    `times_s` ascend.
    """
    pictures = _pictures_by_pyav(path, times_s + _ROUNDING_S, fit, limits)
    return np.stack(pictures).astype(np.uint8, copy=False).transpose(0, 3, 1, 2)


def check_reader(config: FramesConfig) -> None:
    """Raises ConfigError if a package that `config.reader` or `config.crop` needs is not installed."""
    if config.reader == "decord" and not _is_installed("decord"):
        raise ConfigError("data.frames.reader: the package decord is not installed here; give pyav")
    if config.crop == "face" and not _is_installed("dlib"):
        raise ConfigError(
            "data.frames.crop: face needs the package dlib; install avdf[faces], or give centre"
        )


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # its import is blocked
        return False


def _pictures_by_decord(
    path: Path, times_s: NDArray[np.float64], size: tuple[int, int], limits: MediaLimits
) -> list[NDArray[np.uint8]] | None:
    """The pictures, or None if decord cannot read the file or has other times for its frames.

    decord ignores edit lists, late starts and display matrices.
    """
    starts_s = _plain_starts_s(path, limits)
    if starts_s is None:
        return None
    import decord

    try:
        film = decord.VideoReader(str(path.absolute()), num_threads=1)  # absolute: never an address
        times_by_decord_s = film.get_frame_timestamp(np.arange(len(film)))[:, 0]
        if len(film) != len(starts_s) or np.abs(times_by_decord_s - starts_s).max() > _ROUNDING_S:
            return None
        on_screen = np.searchsorted(starts_s, times_s, side="right") - 1
        pictures = film.get_batch(np.clip(on_screen, 0, len(starts_s) - 1)).asnumpy()
    except (decord.DECORDError, RuntimeError):
        return None
    return [resized(picture, size) for picture in pictures]


def _plain_starts_s(path: Path, limits: MediaLimits) -> NDArray[np.float64] | None:
    """(frame,) times of all frames in the file, ascending; None if any is cut away, damaged or rotated."""
    with open_media(path, limits) as container:
        stream = film_stream(path, container, limits)
        times: list[float] = []
        decoded: list[av.VideoFrame] = []
        try:
            for packet in container.demux(stream):
                if not decoded:  # the first frame has the rotation of all
                    decoded = [frame for frame in packet.decode() if isinstance(frame, av.VideoFrame)]
                if packet.size == 0:  # marks the end of the stream
                    continue
                if packet.pts is None or packet.is_discard or packet.is_corrupt:
                    return None
                times.append(float(packet.pts * packet.time_base) - file_start_s(container))
        except (av.FFmpegError, ValueError):
            return None
        is_upright = bool(decoded) and _display_matrix(decoded[0]) == (1, 0, 0, 1)
    return np.sort(np.array(times)) if is_upright else None


def film_stream(path: Path, container: av.container.InputContainer, limits: MediaLimits) -> av.VideoStream:
    """The video stream, if it can be decoded within the limits. Raises MediaError."""
    stream = video_stream(container)
    if stream is None:
        raise MediaError(path, "no video", "the file has no video stream")
    if stream.codec_context is None:
        raise MediaError(path, "unreadable", "FFmpeg has no decoder for its video")
    if stream.codec_context.width * stream.codec_context.height > limits.pixels:
        raise MediaError(path, "too large", f"pictures of more than {limits.pixels} pixels")
    return stream


def _pictures_by_pyav(
    path: Path, times_s: NDArray[np.float64], fit: Fit, limits: MediaLimits
) -> list[NDArray[np.uint8]]:
    """`fit` is called once for each different time, in their order, with its number."""
    with open_media(path, limits) as container:
        stream = film_stream(path, container, limits)
        wanted = np.sort(np.unique(times_s)) + file_start_s(container)
        shown: list[NDArray[np.uint8]] = []
        last, error_words = None, "no frame in it"
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except (av.FFmpegError, ValueError) as error:
                    error_words = in_words(error)
                    continue
                for frame in frames:
                    if not isinstance(frame, av.VideoFrame) or frame.time is None:
                        continue
                    # What was on screen until this frame began answers every time before it.
                    while last is not None and len(shown) < len(wanted) and frame.time > wanted[len(shown)]:
                        shown.append(fit(_upright(last), len(shown)))
                    last = frame
                if len(shown) == len(wanted):
                    break
        except (av.FFmpegError, ValueError) as error:  # the container can't be read further
            error_words = in_words(error)
        if last is None:
            raise MediaError(path, "unreadable", f"its video can't be decoded: {error_words}")
        shown += [fit(_upright(last), number) for number in range(len(shown), len(wanted))]
    return [shown[int(place)] for place in np.searchsorted(np.sort(np.unique(times_s)), times_s)]


def _upright(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """(height, width, 3) RGB, turned and mirrored by the display matrix."""
    # In one thread: those of a converter per frame would exceed the address space of a decoder's process.
    picture = frame.reformat(format="rgb24", threads=1).to_ndarray().astype(np.uint8, copy=False)
    a, b, c, d = _display_matrix(frame)
    if abs(b) > abs(a):  # rows become columns
        picture, a, d = picture.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(picture[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def _display_matrix(frame: av.VideoFrame) -> tuple[float, float, float, float]:
    """a, b, c, d: a point (x, y) is shown at (a x + c y, b x + d y). Without a matrix that is (x, y)."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if isinstance(matrix, Buffer):
        a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32, 5) / 2**16
        return float(a), float(b), float(c), float(d)
    return 1.0, 0.0, 0.0, 1.0


def resized(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """(height, width, 3) of that height and width."""
    import cv2  # slow to import, and the processes that decode audio don't need it

    return cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
