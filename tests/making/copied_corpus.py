"""A tiny corpus whose fakes are of two attacks, and copies of its real clips by three fakers."""

from pathlib import Path

import pandas as pd
from making.calls import called
from making.tiny import make_tiny

FAKERS = ("griffin_lim_linear", "lpc", "spectral_svd")


def attacked_table(root: Path, attacks: tuple[str, str]) -> Path:
    """A table of the tiny data set; the two fakes of a person are of one attack each."""
    rows = []
    for path in sorted(root.rglob("*.mp4")):
        attack = attacks[int(path.name[:5])] if "_fake" in path.name else ""
        rows.append(
            (path.relative_to(root).as_posix(), "fake" if attack else "real", path.parent.name, attack)
        )
    pd.DataFrame(rows, columns=["path", "label", "speaker", "attack"]).to_csv(root / "table.csv", index=False)
    return root


def copied_corpus(folder: Path, attacks: tuple[str, str], *, num_people: int = 5) -> Path:
    """In `data` a corpus of 4 x `num_people` people, in `fakes` a copy of each real clip by each faker.

    Each person has two real clips and one fake of each attack.
    """
    root = attacked_table(make_tiny(folder / "data", noise=0.012, num_people=num_people), attacks)
    table = ["--corpus", "table", "--table", "speaker=speaker", "attack=attack"]
    where = ["--out", folder / "fakes", "--cache", folder / "cache", "--workers", "1"]
    done = called("make_fakes", root, *table, "--fakers", *FAKERS, "--per-clip", "3", *where)
    assert done.status == 0, done.stderr
    return folder
