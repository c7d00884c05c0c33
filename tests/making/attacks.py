"""A made-up score table with three attacks."""

import numpy as np
import pandas as pd


def attacked(num_people: int = 24, seed: int = 0) -> pd.DataFrame:
    """Each person has 4 real clips, and 2 fakes each of the attacks loud, quiet and, rarely, rare."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(num_people):
        attacks = [*[""] * 4, *["loud"] * 2, *["quiet"] * 2, *(["rare"] if person < 4 else [])]
        for number, attack in enumerate(attacks):
            logit = {"": -1.0, "loud": 2.0, "quiet": 0.0, "rare": 0.0}[attack] + rng.normal(0, 1)
            score = np.round(1 / (1 + np.exp(-logit)), 2)
            rows.append((f"c{person}-{number}", int(attack != ""), score, f"p{person:02d}", attack))
    return pd.DataFrame(rows, columns=["clip", "is_fake", "score", "identity", "audio_attack"])
