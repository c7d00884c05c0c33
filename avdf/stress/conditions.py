"""The conditions of the stress test: named channels with settings, in the order of every table."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from avdf.channels import CHANNELS, Channel, Modality, VideoChannel
from avdf.errors import ConfigError, nearest

_UNREAD = {"audio": ("sound", "only looks"), "video": ("pictures", "only hears")}
DEFAULT, NONE = "default", "none"  # words for all conditions and for no stress test
CLEAN = "clean"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """`words` end a sentence: "92 % are called fake through a telephone band". No channel: as recorded.

    `changes` is the modality of the channel, told here so that a training need not load its plugin.
    """

    name: str
    words: str
    channel: Mapping[str, Any] = field(default_factory=dict)
    changes: Modality = "audio"

    @property
    def modality(self) -> Modality | None:
        """What the channel changes, sound or pictures; None without a channel."""
        return self.changes if self.channel else None

    def build(self) -> Channel | VideoChannel | None:
        """The channel, or None for clips as they were recorded."""
        built: Channel | VideoChannel | None = None
        if self.channel:
            built = CHANNELS.build(self.channel, self.name)
        return built


def _noise(colour: str, snr_db: int, fall_db_per_octave: float) -> Condition:
    return Condition(
        name=f"{colour}_noise_{snr_db}_db",
        words=f"with {colour} noise at {snr_db} dB",
        channel={"name": "noise", "snr_db": snr_db, "fall_db_per_octave": fall_db_per_octave},
    )


def _babble(snr_db: int) -> Condition:
    return Condition(
        name=f"babble_{snr_db}_db",
        words=f"with people talking in the background at {snr_db} dB",
        channel={"name": "babble", "snr_db": snr_db},
    )


def _codec(name: str, words: str, codec: str, kbit_per_s: float | None = None) -> Condition:
    return Condition(
        name=name,
        words=f"after {words}",
        channel={"name": "codec", "codec": codec, "kbit_per_s": kbit_per_s},
    )


CONDITIONS = (
    Condition(name=CLEAN, words="as recorded"),
    Condition(name="gain_minus_15_db", words="15 dB quieter", channel={"name": "gain", "db": -15.0}),
    Condition(
        name="gain_plus_6_db_clipped",
        words="6 dB louder and clipped",
        channel={"name": "gain", "db": 6.0, "clip": True},
    ),
    *(_noise("white", snr_db, 0.0) for snr_db in (20, 10)),
    *(_noise("pink", snr_db, 3.01) for snr_db in (20, 10)),
    *(_babble(snr_db) for snr_db in (20, 10)),
    *(
        Condition(
            name=f"room_rt60_{round(1000 * rt60_s)}_ms",
            words=f"in a room with a reverberation time of {rt60_s} s",
            channel={"name": "reverb", "rt60_s": rt60_s},
        )
        for rt60_s in (0.3, 0.8)
    ),
    Condition(
        name="telephone_band",
        words="through a telephone band",
        channel={"name": "band_limit", "high_pass_hz": 300.0, "low_pass_hz": 3400.0},
    ),
    Condition(
        name="low_pass_4_khz",
        words="through a low pass of 4 kHz",
        channel={"name": "band_limit", "high_pass_hz": None, "low_pass_hz": 4000.0},
    ),
    Condition(
        name="resampled_8_khz",
        words="resampled by 8 kHz",
        channel={"name": "resample", "rate_hz": 8000},
    ),
    _codec("a_law", "A-law", "a_law"),
    _codec("mu_law", "µ-law", "mu_law"),
    _codec("g722", "G.722", "g722"),
    _codec("g726", "G.726 at 32 kbit/s", "g726", 32.0),
    _codec("amr_nb", "AMR-NB at 12.2 kbit/s", "amr_nb", 12.2),
    _codec("opus_16_kbit", "Opus at 16 kbit/s", "opus", 16.0),
    _codec("opus_32_kbit", "Opus at 32 kbit/s", "opus", 32.0),
    _codec("mp3_32_kbit", "MP3 at 32 kbit/s", "mp3", 32.0),
    _codec("mp3_64_kbit", "MP3 at 64 kbit/s", "mp3", 64.0),
    _codec("aac_32_kbit", "AAC at 32 kbit/s", "aac", 32.0),
    Condition(
        name="packet_loss_5",
        words="with 5 % of the packets lost",
        channel={"name": "packet_loss", "share": 0.05},
    ),
    Condition(
        name="noise_suppressed",
        words="after noise suppression",
        channel={"name": "noise_suppression", "depth_db": 20.0, "factor": 1.5},
    ),
    Condition(name="speed_plus_5", words="5 % faster", channel={"name": "speed", "factor": 1.05}),
    Condition(name="speed_minus_5", words="5 % slower", channel={"name": "speed", "factor": 0.95}),
    Condition(
        name="start_cut_150_ms",
        words="without the first 150 ms",
        channel={"name": "cut_start", "seconds": 0.15},
    ),
    Condition(name="excerpt_1_s", words="in an excerpt of 1 s", channel={"name": "excerpt", "seconds": 1.0}),
)


# For detectors with a video encoder: what is done to the frames that they are given.
VIDEO_CONDITIONS = (
    Condition(
        name="picture_jpeg_30",
        words="with pictures after JPEG at quality 30",
        channel={"name": "jpeg", "quality": 30},
        changes="video",
    ),
    Condition(
        name="picture_blur_2_px",
        words="with pictures blurred by 2 pixels",
        channel={"name": "blur", "sigma_px": 2.0},
        changes="video",
    ),
    Condition(
        name="picture_112_px",
        words="with pictures reduced to 112 pixels",
        channel={"name": "downscale", "height_px": 112},
        changes="video",
    ),
    Condition(
        name="picture_frames_lost_50",
        words="with half of the frames lost",
        channel={"name": "frame_drop", "share": 0.5},
        changes="video",
    ),
    Condition(
        name="picture_h264_crf_35",
        words="with pictures after H.264 at CRF 35",
        channel={"name": "video_codec", "crf": 35},
        changes="video",
    ),
)


def conditions_named(names: Sequence[str], key: str, reads: Collection[str] = ("audio",)) -> list[Condition]:
    """The conditions of a setting or an option, in their own order; `clean` is always first, to compare with.

    `default` stands for all of the modalities that a detector `reads`, `none` for no stress test. Raises
    ConfigError with the key and the list for an unknown name, and for a channel of what is not read.

    >>> [condition.name for condition in conditions_named(["a_law", "telephone_band"], "--conditions")]
    ['clean', 'telephone_band', 'a_law']
    """
    of_name = {condition.name: condition for condition in (*CONDITIONS, *VIDEO_CONDITIONS)}
    possible = [
        condition
        for condition in of_name.values()
        if condition.modality is None or condition.modality in reads
    ]
    if list(names) in ([DEFAULT], [NONE]):
        return possible if list(names) == [DEFAULT] else []
    for name in names:
        if name not in of_name:
            raise ConfigError(f"{key}: no condition {name!r}{nearest(name, [one.name for one in possible])}")
        if of_name[name] not in possible:
            what, does = _UNREAD[of_name[name].changes]
            raise ConfigError(f"{key}: {name} changes {what}, and the detector {does}; leave it out")
    return [condition for condition in possible if condition.name in (CLEAN, *names)]
