"""If every cell holds one person, an interval over people still has a width."""

import numpy as np
import pandas as pd
from making.made_scores import check_scores

from avdf.evaluation.bootstrap import interval, resampled_counts
from avdf.evaluation.identities import sum_by_identity
from avdf.evaluation.metrics import auc


def test_six_people_in_six_cells_do_not_give_an_interval_without_width():
    rng = np.random.default_rng(0)
    rows = [
        {"clip": f"{person}/{clip}", "split": "test", "identity": f"p{person}", "is_fake": clip % 2}
        for person in range(6)
        for clip in range(10)
    ]
    table = pd.DataFrame(rows).assign(race=[row["identity"] for row in rows], gender="men")
    # People differ in how well their fakes are told from their real clips.
    separation = np.repeat([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], 10)
    table["score"] = np.clip(0.5 + (table["is_fake"] - 0.5) * separation + rng.normal(0, 0.2, 60), 0, 1)
    sums = sum_by_identity(check_scores(table, ["race"]), 0.5, ["race"])
    everyone = np.ones(len(sums.cells), dtype=bool)
    draws = [auc(counts) for [[counts]] in resampled_counts([sums], [everyone], seed=0)]
    low, high = interval(np.concatenate(draws))
    assert high - low > 0.05
