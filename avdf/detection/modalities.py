"""What a detector that sees says of sound and picture: a score of each, and which speaks for fake."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.config.evaluation import Whole
from avdf.detection.answers import sigmoid

NAMES = {"audio": "sound", "video": "picture"}
SCORES = ("score_audio_alone", "score_video_alone", "score_audio", "score_video")
COLUMNS = ("has_audio", "has_video", *SCORES)
_HEADS_MIDDLE = 0.5  # heads are trained on balanced classes


def modality_answer(
    logits: Mapping[str, NDArray[np.float64]], info: Mapping[str, Any], whole: Whole, threshold: float
) -> dict[str, Any]:
    """`{has_audio, has_video, score_audio, ..., speaks_for_fake}` of one file.

    `logits` (crop,) by name. A modality speaks for fake if the score of its head is at least .5, or, of a
    detector without heads, if the detector given it alone scores at or above the threshold.
    """
    scores: dict[str, float | None] = dict.fromkeys(SCORES)
    for name in SCORES:
        if name in logits:
            logit = logits[name].mean() if whole == "mean" else logits[name].max()
            scores[name] = float(sigmoid(np.asarray(logit)))
    speaks = []
    for name in NAMES:
        head, alone = scores[f"score_{name}"], scores[f"score_{name}_alone"]
        is_fake = alone is not None and alone >= threshold if head is None else head >= _HEADS_MIDDLE
        speaks += [name] if is_fake else []
    has = {"has_audio": not info["unheard"], "has_video": info["frames"] is not None}
    return {**has, **scores, "speaks_for_fake": speaks}


def modality_words(answer: Mapping[str, Any], info: Mapping[str, Any], reads: Sequence[str]) -> str:
    """A clause for the words of a call: which modality speaks for fake, or which one it was called by."""
    if len(reads) < 2:
        return f"it was called by its {NAMES[reads[0]]} alone, which is all that this detector reads"
    for name, other, why in (("video", "audio", "unheard"), ("audio", "video", "unseen")):
        if info[why]:
            return f"it was called by its {NAMES[name]} alone: no {NAMES[other]} was read, {info[why]}"
    if answer["score_audio_alone"] is None:
        return "its score says how badly sound and picture agree; neither alone says anything"
    told = [_scores_of(name, answer) for name in NAMES]
    speaks = [NAMES[name] for name in answer["speaks_for_fake"]]
    what = {0: "neither speaks for fake", 1: f"the {' '.join(speaks)} speaks for fake"}
    return f"{'; '.join(told)}: {what.get(len(speaks), 'both speak for fake')}"


def _scores_of(name: str, answer: Mapping[str, Any]) -> str:
    head, alone = answer[f"score_{name}"], answer[f"score_{name}_alone"]
    by_head = "" if head is None else f", {head:.4f} by its own head"
    return f"its {NAMES[name]} alone scores {alone:.4f}{by_head}"
