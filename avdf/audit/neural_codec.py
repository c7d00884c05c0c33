"""The share of real speech after a neural codec that is called fake, whatever such clips count as."""

from typing import Any

import numpy as np

from avdf.config.sources import NEURAL_CODEC
from avdf.evaluation.groups import REASONS, status_of
from avdf.evaluation.intervals import rate_interval
from avdf.evaluation.scored_split import ScoredSplit

_MARKED = ("1", "1.0", "true")  # as CSV gives it


def neural_codec_of(split: ScoredSplit) -> dict[str, Any]:
    """`{value, ci, num_clips, num_identities, counts_as, status, reason}` of the clips that are marked.

    The value is undefined, with the reason, where no clip is marked and with fewer than 5 people.
    """
    marked = np.zeros(len(split.table), dtype=bool)
    if NEURAL_CODEC in split.table:
        marked = split.table[NEURAL_CODEC].astype(str).str.lower().isin(_MARKED).to_numpy()
    rows = split.table[marked]
    called = (split.table["score"].to_numpy() >= split.threshold)[marked]
    _, person = np.unique(rows["identity"].to_numpy(object).astype(str), return_inverse=True)
    num_people = len(np.unique(person))
    errors = np.bincount(person, weights=called, minlength=num_people).astype(np.float64)
    clips = np.bincount(person, minlength=num_people).astype(np.float64)
    rate = rate_interval(errors, clips, split.sums.copies)
    status = status_of(rate.num_identities)
    shown = status not in ("undefined", "suppressed")
    labels = set(rows["is_fake"])
    return {
        "value": rate.value if shown else None,
        "ci": [rate.low, rate.high] if shown else [None, None],
        "num_clips": rate.num_rows,
        "num_identities": rate.num_identities,
        "counts_as": {(True,): "fake", (False,): "bona_fide"}.get(tuple(labels)),
        "status": status,
        "reason": REASONS[status] if rate.num_rows else f"no clip is marked in a column {NEURAL_CODEC}",
    }
