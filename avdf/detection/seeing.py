"""One file -> its sound and its frames, whichever of them can be decoded, in the process of a decoder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from avdf.config.schema import FramesConfig
from avdf.data.audio.decoder import Decoded, Decoder
from avdf.data.hearing import Hearing
from avdf.data.video.rate import num_frames
from avdf.errors import MediaError

MOST_FRAME_BYTES = 512 << 20  # of a file: 15 minutes at 4 frames a second of 224 x 224
# Where the picture is not tried: there is no file, or one beyond the limits.
_REFUSED = ("missing file", "interrupted", "too long", "too large", "time limit", "memory limit", "no room")


@dataclass(frozen=True, kw_only=True)
class Seeing:
    """How a detector sees: its frames, whether it hears as well, and whether it needs both."""

    frames: FramesConfig
    hears: bool
    needs_both: bool = False


def heard_and_seen(
    decoder: Decoder, path: Path, rate_hz: int, hearing: Hearing, seeing: Seeing | None
) -> Decoded:
    """As Decoder.read_and_hear; with `seeing` the info also has `frames`, `unheard` and `unseen`.

    `frames` (frame, 3, height, width) uint8 begin with the sound, `per_second` of them, or are None; the
    other two say why there is no sound or picture, "" where there is. Without sound the samples are silence
    as long as the picture. Raises MediaError if there is nothing that the detector reads.
    """
    if seeing is None:
        return decoder.read_and_hear(path, hearing)
    unheard: MediaError | None = None
    try:
        samples, info = decoder.read_and_hear(path, hearing)
    except MediaError as error:
        if error.reason in _REFUSED or seeing.needs_both:
            raise
        unheard = error
        samples, info = _silence(decoder, path, rate_hz, error if seeing.hears else None)
    frames, unseen = _frames(decoder, path, info, seeing.frames)
    if unseen is not None and (unheard is not None or not seeing.hears or seeing.needs_both):
        raise unseen
    reasons = {"unheard": _words(unheard), "unseen": _words(unseen)}
    return samples, {**info, "frames": frames, **reasons}


def _silence(decoder: Decoder, path: Path, rate_hz: int, why: MediaError | None) -> Decoded:
    """Zeros as long as the picture. Raises MediaError: `why` there is no sound, where there is no picture,
    but a picture beyond the limits is refused as such."""
    try:
        film = decoder.film(path)
    except MediaError as error:
        raise error if why is None or error.reason in _REFUSED else why from error
    num_samples = round(film["video_duration_s"] * rate_hz)
    info = {
        "duration_s": film["video_duration_s"],
        "audio_start_s": film["video_start_s"],
        "audio_codec": "",
        "warnings": [],
        "doubts": [],
        "measures": {},
    }
    return np.zeros(max(num_samples, 1), np.int16), info


def _frames(
    decoder: Decoder, path: Path, info: dict[str, Any], config: FramesConfig
) -> tuple[np.ndarray | None, MediaError | None]:
    """The frames of the seconds of a file's sound, or why there are none."""
    count = num_frames(info["duration_s"], config.per_second)
    if (num_bytes := count * config.frame_bytes) > MOST_FRAME_BYTES:
        sizes = f"{num_bytes >> 20} MiB, more than {MOST_FRAME_BYTES >> 20}"
        return None, MediaError(path, "too large", f"its {count:,} frames take {sizes}; cut the file")
    asked = {"start_s": info["audio_start_s"], "count": count, "per_second": config.per_second}
    asked |= {"height": config.height, "width": config.width, "crop": config.crop, "reader": config.reader}
    try:
        block, _ = decoder.read_frames(path, asked)
    except MediaError as error:
        return None, error
    return np.frombuffer(block, np.uint8).reshape(count, 3, config.height, config.width), None


def _words(error: MediaError | None) -> str:
    return "" if error is None else f"{error.reason} ({error.detail})"
