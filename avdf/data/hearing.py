"""What a detector is given of a file: the sound after the skipped start, checked and measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avdf.data.audibility import check_audible, doubts
from avdf.data.audio.stored import Samples, after
from avdf.data.sound_measures import sound_measures


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """How a detector hears: seconds that it leaves out at the start, and the length of its crops."""

    skip_start_s: float
    crop_s: float

    def num_skipped(self, num_samples: int, rate_hz: int) -> int:
        """The samples of a file that are left out."""
        return min(round(self.skip_start_s * rate_hz), num_samples)


def hear(path: Path, samples: Samples, rate_hz: int, how: Hearing) -> dict[str, Any]:
    """`{doubts, measures}` of the decoded samples (sample,) of a file.

    Raises MediaError where there is too little sound for a score.
    """
    usable = after(samples, how.num_skipped(len(samples), rate_hz))
    check_audible(path, usable, rate_hz, crop_s=how.crop_s)
    measures = sound_measures(usable, rate_hz)
    return {
        "doubts": doubts(usable, rate_hz, crop_s=how.crop_s, bandwidth_hz=measures["bandwidth_hz"]),
        "measures": measures,
    }
