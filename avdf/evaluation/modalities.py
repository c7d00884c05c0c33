"""A detector of sound and picture: what it finds with both, with either alone, and by the head of each."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.evaluation.attack_names import OF_FAKE
from avdf.evaluation.attacks import attack_rows
from avdf.evaluation.f_beta import FBeta

# Column of scores.csv: in words, and the modality whose own label it answers; None: that of the table.
SCORES: dict[str, tuple[str, str | None]] = {
    "score": ("sound and picture", None),
    "score_audio_alone": ("sound alone", None),
    "score_video_alone": ("picture alone", None),
    "score_audio": ("head of the sound", "audio"),
    "score_video": ("head of the picture", "video"),
}
ALL = "all"
_METRICS = ("auc", "eer")
_ANY_THRESHOLD = 0.5  # neither metric depends on it


def modality_rows(table: pd.DataFrame, seed: int) -> list[dict[str, Any]]:
    """A row per score and type of clip, of the checked rows of one split.

    `all`: the fakes that the score is to find against all other clips. A type such as C: its clips against
    those of which neither sound nor picture is fake; near .5 where the modality that the score looks at is
    real. score, type, num_clips, num_identities, auc, eer, `ci` over people, status and reason. No rows for a
    table that has no other score than `score`, or does not say which part of a clip is fake.
    """
    columns = [name for name in SCORES if name in table]
    attacks = ("audio_attack", "video_attack")
    if len(columns) < 2 or any(name not in table for name in (*attacks, "type")):
        return []
    fake_of = {name: (table[f"{name}_attack"] != "").to_numpy() for name in ("audio", "video")}
    is_real = ~(fake_of["audio"] | fake_of["video"])
    types = table["type"].to_numpy()
    rows = []
    for column in columns:
        modality = SCORES[column][1]
        wanted = table["is_fake"].to_numpy(bool) if modality is None else fake_of[modality]
        scored = table.assign(score=pd.to_numeric(table[column], errors="coerce"))
        has = scored["score"].notna().to_numpy()  # the modality that the score is of
        rows.append({"score": column, "type": ALL, **_row(scored, wanted & has, ~wanted & has, seed)})
        for name in sorted(set(types[~is_real].tolist())):
            of_type = ~is_real & (types == name) & has
            rows.append({"score": column, "type": name, **_row(scored, of_type, is_real & has, seed)})
    return rows


def _row(
    table: pd.DataFrame, fakes: NDArray[np.bool_], reals: NDArray[np.bool_], seed: int
) -> dict[str, Any]:
    """The metrics of some clips as fakes against others as real."""
    chosen = fakes | reals
    labels = fakes[chosen]
    part = table[chosen].reset_index(drop=True)
    part = part.assign(is_fake=labels.astype(int), **{OF_FAKE: np.where(labels, "chosen", "")})
    f_beta = FBeta(beta=2.0, prevalence=0.5)
    if labels.all() or not labels.any():
        reason = "no clip to find" if not labels.any() else "no other clip"
        nothing = {"auc": None, "eer": None, "ci": {name: [None, None] for name in _METRICS}}
        count = int(labels.sum())
        return {"num_clips": count, "num_identities": 0, **nothing, "status": "undefined", "reason": reason}
    (row,) = attack_rows(part, _ANY_THRESHOLD, f_beta, seed)
    kept = ("num_clips", "num_identities", *_METRICS, "status", "reason")
    return {**{key: row[key] for key in kept}, "ci": {name: row["ci"][name] for name in _METRICS}}
