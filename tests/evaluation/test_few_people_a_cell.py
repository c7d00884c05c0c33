"""Where every cell holds one person, an interval over people still has a width."""

import numpy as np
import pandas as pd

from avdf.evaluation.bootstrap import figures_of_sums, interval, resampled_sums
from avdf.evaluation.identities import tally
from avdf.evaluation.scores import check_scores


def test_six_people_in_six_cells_do_not_give_an_interval_without_width():
    rng = np.random.default_rng(0)
    rows = [
        {"clip": f"{person}/{clip}", "split": "test", "identity": f"p{person}", "is_fake": clip % 2}
        for person in range(6)
        for clip in range(10)
    ]
    table = pd.DataFrame(rows).assign(race=[row["identity"] for row in rows], gender="men")
    # people differ in how well they are told apart
    help_of = np.repeat([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], 10)
    table["score"] = np.clip(0.5 + (table["is_fake"] - 0.5) * help_of + rng.normal(0, 0.2, 60), 0, 1)
    folded = tally(check_scores(table, ["race"]), 0.5, ["race"])
    everyone = np.ones(len(folded.cells), dtype=bool)
    draws = [
        figures_of_sums(sums[0][0], folded, beta=2.0, prevalence=0.5)["auc"]
        for sums in resampled_sums([folded], [everyone], seed=0)
    ]
    low, high = interval(np.concatenate(draws))
    assert high - low > 0.05
