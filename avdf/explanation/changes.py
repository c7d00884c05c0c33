"""The same file under six small changes that no listener minds: does the call stay?"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.data.audio.levels import as_float32, as_int16
from avdf.detection.answers import answer_of
from avdf.detection.crops import crops_in_batches, whole_file_starts
from avdf.detection.prediction import Predictor

MOST_CHANGED_S = 60.0  # of a file; what comes later is left out of the comparison
AS_RECORDED = "as recorded"
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "6 dB quieter": {"name": "gain", "db": -6.0},
    "with white noise at 20 dB": {"name": "noise", "snr_db": 20, "fall_db_per_octave": 0.0},
    "after Opus at 24 kbit/s": {"name": "codec", "codec": "opus", "kbit_per_s": 24.0},
    "through a low pass of 6 kHz": {"name": "band_limit", "high_pass_hz": None, "low_pass_hz": 6000.0},
    "without the first 100 ms": {"name": "cut_start", "seconds": 0.1},
    "2 % faster": {"name": "speed", "factor": 1.02},
}


def under_changes(predictor: Predictor, usable: NDArray[np.int16], *, seed: int = 0) -> list[dict[str, Any]]:
    """`{change, score, call, reason}` as recorded and under each change, in their order.

    A change that can't be made of this file, such as a low pass above half its rate, has its `reason`.
    """
    rate_hz = predictor.sample_rate_hz
    part = usable[: round(MOST_CHANGED_S * rate_hz)]
    rows = [_row(AS_RECORDED, predictor, part)]
    for words, settings in CHANGES.items():
        try:
            channel = CHANNELS.build(settings, words)
            changed = channel.apply(as_float32(part), rate_hz, np.random.default_rng(seed))
        except ValueError as error:  # as of the stress test: what a channel can't do at this rate
            rows.append({"change": words, "score": None, "call": None, "reason": str(error)})
            continue
        rows.append(_row(words, predictor, as_int16(changed)))
    return rows


def stability(rows: list[dict[str, Any]]) -> str:
    """One sentence: under how many changes the call stays."""
    first, *others = [row for row in rows if row["call"] is not None]
    changed = [row["change"] for row in others if row["call"] != first["call"]]
    if not changed:
        return f"Stable: the call stays {first['call']} under all {len(others)} changes that were tried."
    return f"Not stable: the call is no longer {first['call']} {', '.join(changed)}."


def _row(words: str, predictor: Predictor, samples: NDArray[np.int16]) -> dict[str, Any]:
    num_samples = round(predictor.seconds * predictor.sample_rate_hz)
    starts = whole_file_starts(len(samples), num_samples, predictor.num_crops)
    logits = np.concatenate(
        [predictor.scorer(crops) for crops in crops_in_batches(samples, starts, num_samples)]
    )
    answer = answer_of(logits, predictor.rule)
    return {"change": words, "score": answer["score"], "call": answer["call"], "reason": None}
