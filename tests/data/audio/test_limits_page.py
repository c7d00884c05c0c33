"""docs/limits.md gives the limits that the code has."""

import dataclasses
from pathlib import Path

from avdf.data.audio.limits import LIMITS

PAGE = (Path(__file__).parents[3] / "docs" / "limits.md").read_text("utf-8")
WORDS = {
    "file_bytes": "8 GiB",
    "seconds": "4 h",
    "wall_s": "120 s",
    "memory_bytes": "2 GiB",
    "channels": "1 to 64",
    "lowest_rate_hz": "4000 to",
    "highest_rate_hz": "to 768000 Hz",
    "pixels": "67 million pixels",
    "shortest_s": "under 0.5 s",
    "most_repeats": "at most 8 times",
    "missing_share": "more than 10 % of the length",
    "damaged_share": "more than 10 % of all",
    "hole_s": "timestamps of 0.1 s",
    "discontinuity_s": "more than 10 s",
    "level_block_s": "loudest 0.1 s",
    "silent_db": "-70 dB",
    "audible_s": "less than 0.3 s above",
    "quiet_db": "-50 dB",
    "clipped_share": "0.5 % of the samples",
    "steady_db": "within 3 dB",
    "narrow_band_hz": "4100 Hz",
    "cancelled_share": "a hundredth",
    "over_full_scale": "1.1 times full scale",
    "over_full_scale_decoded": "up to 4 times",
}
VALUES = {
    "file_bytes": 8 * 2**30, "seconds": 4 * 3600, "wall_s": 120, "memory_bytes": 2 * 2**30, "channels": 64,
    "lowest_rate_hz": 4000, "highest_rate_hz": 768000, "pixels": 2**26, "shortest_s": 0.5, "most_repeats": 8,
    "missing_share": 0.1, "damaged_share": 0.1, "hole_s": 0.1, "discontinuity_s": 10, "level_block_s": 0.1,
    "silent_db": -70, "audible_s": 0.3, "quiet_db": -50, "clipped_share": 0.005, "steady_db": 3,
    "narrow_band_hz": 4100, "cancelled_share": 0.01, "over_full_scale": 1.1, "over_full_scale_decoded": 4,
}  # fmt: skip


def test_the_page_names_every_limit_with_its_value() -> None:
    assert dataclasses.asdict(LIMITS) == VALUES
    assert [name for name in VALUES if WORDS[name] not in PAGE.replace("\n", " ")] == []
