"""Limits of what is decoded and of what is scored. docs/limits.md gives the reason for each."""

import sys
from dataclasses import dataclass

DECODE_TIMEOUT_S = 120.0  # wall time for one file; a clip of some seconds takes a hundredth of a second


@dataclass(frozen=True, kw_only=True)
class MediaLimits:
    """What a media file may ask of the machine, and what a clip must hold to be scored.

    Levels are in dB of full scale. Rates, channels and lengths outside the limits are refused;
    levels below `quiet_db`, and the shares that follow it, are only warned of.
    """

    file_bytes: int = 8 << 30
    seconds: float = 4 * 3600.0
    wall_s: float = DECODE_TIMEOUT_S
    memory_bytes: int = 2 << 30  # address space of the process that decodes
    channels: int = 64
    lowest_rate_hz: int = 4000
    highest_rate_hz: int = 768_000
    pixels: int = 1 << 26  # of a picture

    shortest_s: float = 0.5
    most_repeats: float = 8.0  # a clip shorter than a crop is repeated to fill it, at most this often
    missing_share: float = 0.1  # of the length that the file declares; more than this is a cut-off file
    damaged_share: float = 0.1  # of the packets, if there is more than one damaged packet

    hole_s: float = 0.1  # shorter jumps of the timestamps are rounding, as in FFmpeg's resampler
    discontinuity_s: float = 10.0  # of MPEG and Ogg timestamps; longer jumps are restarts, as in ffmpeg

    level_block_s: float = 0.1
    silent_db: float = -70.0  # RMS of a block
    audible_s: float = 0.3  # in blocks above that; a resampler makes clicks at both ends of a DC offset
    quiet_db: float = -50.0  # RMS of the loudest block
    clipped_share: float = 0.005  # of the samples within 1 % of full scale
    steady_db: float = 3.0  # 90 % of the blocks' levels are within this: noise, a tone; speech has 15 dB
    narrow_band_hz: float = 4100.0  # telephone speech ends at 3.4 or 4 kHz
    cancelled_share: float = 0.01  # energy of the mean of the channels, of the mean energy of a channel
    over_full_scale: float = 1.1  # peak of float PCM; other codecs exceed full scale between samples
    over_full_scale_decoded: float = 4.0  # peak of other codecs


LIMITS = MediaLimits()


def limit_memory() -> None:
    """Bounds the address space of this process, where the system can; no crash leaves a core file."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = LIMITS.memory_bytes if hard == resource.RLIM_INFINITY else min(LIMITS.memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
