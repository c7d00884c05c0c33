"""How far a file is from the sound that a detector was trained on, measure by measure and in words."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from avdf.config.training_sound import QUANTILES, SOUND_MEASURES, TrainingSound

Verdict = Literal["inside", "rare", "outside"]
# Differences that are no news: a bin of the bandwidth, a rounding of the level.
_TOLERANCE = {"bandwidth_hz": 50.0, "loudness_db": 0.5, "noise_db": 1.0, "duration_s": 0.1}
_RAREST = 0.01


def distance_from(training: TrainingSound, measures: Mapping[str, float], audio_codec: str) -> dict[str, Any]:
    """`{verdict, words, measures: {name: {value, share_below, verdict}}, audio_codec: {...}}`.

    Outside: below or above all training clips, or of a codec that none had. Rare: among the lowest or
    highest hundredth, or of a codec of at most a hundredth. `share_below`: of the training clips. The verdict
    of the file is that of its measure that is furthest out.
    """
    told = {}
    words = []
    for name in SOUND_MEASURES:
        if name in training.quantiles and name in measures:
            told[name] = _position(training.quantiles[name], measures[name], _TOLERANCE[name])
            if told[name]["verdict"] != "inside":
                words.append(_words(name, told[name], training.quantiles[name]))
    share = training.audio_codecs.get(audio_codec, 0.0)
    codec: dict[str, Any] = {"value": audio_codec, "share": share, "verdict": _verdict_of_codec(share)}
    if codec["verdict"] != "inside":
        had = "training had none such" if not share else f"training had {share:.1%} such"
        words.append(f"{codec['verdict']}: this file is in the codec {audio_codec}, {had}")
    verdicts = [item["verdict"] for item in (*told.values(), codec)]
    verdict = next(name for name in ("outside", "rare", "inside") if name in (*verdicts, "inside"))
    return {"verdict": verdict, "words": words, "measures": told, "audio_codec": codec}


def _position(quantiles: list[float], value: float, tolerance: float) -> dict[str, Any]:
    verdict: Verdict = "inside"
    if not quantiles[0] - tolerance <= value <= quantiles[-1] + tolerance:
        verdict = "outside"
    elif not quantiles[1] - tolerance <= value <= quantiles[-2] + tolerance:
        verdict = "rare"
    return {"value": value, "share_below": float(np.interp(value, quantiles, QUANTILES)), "verdict": verdict}


def _verdict_of_codec(share: float) -> Verdict:
    return "outside" if share == 0 else "rare" if share <= _RAREST else "inside"


def _words(name: str, told: Mapping[str, Any], quantiles: list[float]) -> str:
    is_low = told["value"] < quantiles[3]
    low, high, value = quantiles[0], quantiles[-1], told["value"]
    what = {
        ("bandwidth_hz", True): f"this file has no sound above {value / 1000:.1f} kHz",
        ("bandwidth_hz", False): f"this file has sound up to {value / 1000:.1f} kHz",
        ("loudness_db", True): f"this file is quiet, {value:.1f} dB of full scale",
        ("loudness_db", False): f"this file is loud, {value:.1f} dB of full scale",
        ("noise_db", True): f"the pauses of this file are {-value:.0f} dB below its loudness",
        ("noise_db", False): f"this file is nowhere more than {max(-value, 0):.0f} dB below its loudness",
        ("duration_s", True): f"this file lasts {value:.1f} s",
        ("duration_s", False): f"this file lasts {value:.1f} s",
    }[name, is_low]
    scale, unit = {"bandwidth_hz": (1000, "kHz"), "duration_s": (1, "s")}.get(name, (1, "dB"))
    spans = f"{low / scale:.1f} to {high / scale:.1f} {unit}"
    had = "training had none such" if told["verdict"] == "outside" else "training had few such"
    return f"{told['verdict']}: {what}, {had} ({spans})"
