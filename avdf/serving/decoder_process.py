"""The decoder's process of a server: as that of `avdf predict`, but longer sounds are refused while decoding.

`python -m avdf.serving.decoder_process SECONDS` is that process.
"""

import sys
from dataclasses import asdict, replace
from pathlib import Path

from avdf.data.audio.decoder import Decoded
from avdf.data.audio.decoder_process import main
from avdf.data.audio.levels import silence_of
from avdf.data.audio.limits import LIMITS, MediaLimits
from avdf.data.audio.samples import read_int16
from avdf.errors import MediaError


def command_for(max_seconds: float) -> tuple[str, ...]:
    """The command of a process that reads at most so many seconds of a file."""
    return (sys.executable, "-m", "avdf.serving.decoder_process", f"{max_seconds:g}")


def limits_within(max_seconds: float) -> MediaLimits:
    """The limits of every medium, with no more than so many seconds."""
    return replace(LIMITS, seconds=min(max_seconds, LIMITS.seconds))


def decode_within(max_seconds: float, path: Path, sample_rate_hz: int) -> Decoded:
    """(sample,) 16-bit mono and the MediaInfo of a file, as a dict. Raises MediaError, also for silence."""
    samples, info = read_int16(path, sample_rate_hz, limits_within(max_seconds))
    if (why := silence_of(samples, sample_rate_hz)) is not None:
        raise MediaError(path, "silent", why)
    return samples, asdict(info)


if __name__ == "__main__":
    seconds = float(sys.argv[1])
    main(lambda path, sample_rate_hz: decode_within(seconds, path, sample_rate_hz), limits_within(seconds))
