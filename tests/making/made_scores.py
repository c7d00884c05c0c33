"""Made-up score tables for the tests of evaluation and audit."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from avdf.evaluation.scores import CheckedScores

RACES = ("African", "Asian (East)", "Caucasian (American)")


def made_scores(
    num_people: int = 60,
    clips: int = 8,
    *,
    races: tuple[str, ...] = RACES,
    planted: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """A detector's scores: the first third of the people is validation, `planted` raises the first race's."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(num_people), clips)
    fake = np.arange(len(who)) % 2
    race = np.array(races, dtype=object)[who % len(races)]
    logit = 2.6 * fake - 1.3 + rng.normal(0, 0.5, num_people)[who] + rng.normal(0, 1, len(who))
    logit += planted * ((race == races[0]) & (fake == 0))
    return pd.DataFrame(
        {
            "clip": [f"clip{number:05d}.mp4" for number in range(len(who))],
            "split": np.where(who < num_people // 3, "validation", "test"),
            "is_fake": fake,
            "score": 1 / (1 + np.exp(-logit)),
            "identity": [f"id{person:05d}" for person in who],
            "race": race,
            "gender": np.where((who // len(races)) % 2, "men", "women"),
            "type": np.where(fake, "B", "A"),
            "method": np.where(fake, "rtvc", "real"),
        }
    )


def check_scores(table: pd.DataFrame, groups: Sequence[str] = (), identity: str = "identity") -> pd.DataFrame:
    """The checked rows of a score table."""
    return CheckedScores.of(table, groups, identity).table
