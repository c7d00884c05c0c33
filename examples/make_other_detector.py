"""Makes other_detector.csv: a score table as another group's detector might leave it, from a seed.

    python examples/make_other_detector.py

60 speakers of two accents, 4 bona fide and 4 spoofed utterances each. Scores are log-likelihood ratios:
higher means bona fide. The detector rejects bona fide speech of one accent more often.
"""

from pathlib import Path

import numpy as np
import pandas as pd

SEED = 7


def make_table() -> pd.DataFrame:
    """One row per utterance: utterance, speaker, accent, age, key, llr."""
    rng = np.random.default_rng(SEED)
    rows = []
    for number in range(60):
        speaker, accent = f"spk{number:03}", ("north", "south")[number % 2]
        age, habit = int(rng.integers(19, 76)), rng.normal(0, 0.8)
        for utterance in range(8):
            key = "bonafide" if utterance < 4 else "spoof"
            centre = (2.0 if accent == "north" else 0.7) if key == "bonafide" else -2.0
            llr = round(rng.normal(centre + habit, 1.0), 3)
            rows.append((f"{speaker}-{utterance}.flac", speaker, accent, age, key, llr))
    return pd.DataFrame(rows, columns=["utterance", "speaker", "accent", "age", "key", "llr"])


if __name__ == "__main__":
    make_table().to_csv(Path(__file__).with_name("other_detector.csv"), index=False)
