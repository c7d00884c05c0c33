"""The logits of a file's crops -> the answer about the file: score, call, probability, ratio, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf import __version__
from avdf.config.calibration import Calibration, probability_of
from avdf.config.evaluation import Whole

REAL, FAKE = "real", "fake"
# Where there is no score.
NO_ANSWER = dict.fromkeys(("score", "called_fake", "call", "llr", "probability_fake"))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a file is called: its score is that of the mean logit of its crops or of the highest (`whole`).

    `calibration` is None with the `reason`. `prevalence` is the share of fakes that a probability is for.
    """

    threshold: float
    whole: Whole = "mean"
    calibration: Calibration | None = None
    reason: str = ""
    prevalence: float = 0.5


def stamp() -> dict[str, str]:
    """What a record says beside the answer: which version judged, and when (UTC)."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"avdf_version": __version__, "judged_at": now}


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """(...) logits -> probabilities, without an overflow.

    >>> sigmoid(np.array([-1000.0, 0.0])).tolist()
    [0.0, 0.5]
    """
    small = np.exp(-np.abs(logits))
    return np.asarray(np.where(logits >= 0, 1 / (1 + small), small / (1 + small)))


def answer_of(logits: NDArray[np.float64], rule: Rule) -> dict[str, Any]:
    """`{score, called_fake, call, llr, probability_fake}` of (crop,) logits."""
    logit = float(logits.mean() if rule.whole == "mean" else logits.max())
    score = float(sigmoid(np.array(logit)))
    called_fake = score >= rule.threshold
    llr = None if rule.calibration is None else rule.calibration.llr(logit)
    return {
        "score": score,
        "called_fake": called_fake,
        "call": FAKE if called_fake else REAL,
        "llr": llr,
        "probability_fake": None if llr is None else probability_of(llr, rule.prevalence),
    }


def in_words(answer: dict[str, Any], rule: Rule, distance: Sequence[str], modalities: str = "") -> str:
    """One sentence: the call and why, the probability, and whether training had such sound.

    `modalities`: a clause on sound and picture, of a detector that sees.
    """
    is_fake = answer["called_fake"]
    above = "at or above" if is_fake else "below"
    text = f"called {answer['call']}: its score {answer['score']:.4f} is {above} the threshold "
    text += f"{rule.threshold:.4f}"
    text += f"; {modalities}" if modalities else ""
    if answer["probability_fake"] is not None:
        text += f"; if {rule.prevalence:.0%} of such files were fake, this one would be with a "
        text += f"probability of {answer['probability_fake']:.1%}"
    if any(line.startswith("outside") for line in distance):
        text += "; training had no such sound, so how often such a call is wrong was not measured"
    return text
