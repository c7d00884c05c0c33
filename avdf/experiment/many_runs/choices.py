"""What each fold chose, and a check that the clips it is tested on had no part in it: folds.json."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from avdf.config.schema import SPLITS
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder
from avdf.training.loop import rank_of_epoch
from avdf.training.state import Metrics

_NAMES = {"clips": "num_clips", "people": "num_voices"}  # of folds.json and of certificate.json


def choices_of(folds: Sequence[RunFolder]) -> dict[str, Any]:
    """The content of folds.json, of finished folds.

    `folds`: per fold the epoch and the threshold that its validation split chose, F2 there, the AUC of
    test, and the numbers of clips and people (voices). `num_tested_once`, `num_tested_more`: in how many
    test splits a clip is, counted over the split.csv of all folds; of `num_clips`, the others are in none.
    `leaks`: whether the certificate of a fold says so.
    """
    certificates = [fold.certificate() for fold in folds]
    tested = Counter(clip for fold in folds for clip in _test_clips(fold))
    return {
        "folds": [
            _choice(number, fold, certificate["parts"])
            for number, (fold, certificate) in enumerate(zip(folds, certificates, strict=True))
        ],
        "num_clips": len(read_csv_table(folds[0].clips_csv, "a run writes it")),
        "num_tested_once": sum(times == 1 for times in tested.values()),
        "num_tested_more": sum(times > 1 for times in tested.values()),
        "num_without_track": max(certificate["num_clips_without_track"] for certificate in certificates),
        "leaks": any(certificate["leaks"] for certificate in certificates),
    }


def chosen_epoch(rows: Sequence[Metrics], checkpoint: str) -> int:
    """The epoch, from 1, whose weights a training with these metrics keeps: the first of the highest rank.

    >>> epoch = {"auc": 0.7, "f2_at_prevalence": 0.8}
    >>> chosen_epoch([{"epoch": 1, **epoch}, {"epoch": 2, **epoch}, {"epoch": 3, **epoch}], "f2")
    1
    """
    return int(max(rows, key=lambda row: rank_of_epoch(row, checkpoint))["epoch"])


def _choice(number: int, fold: RunFolder, parts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    metrics, history = fold.metrics(), _history(fold)
    return {
        "fold": number,
        "epoch": chosen_epoch(history, fold.config().train.checkpoint),
        "num_epochs": len(history),
        "threshold": metrics["threshold"]["value"],
        "f2_at_prevalence": metrics["splits"]["validation"]["f2_at_prevalence"],
        "auc": metrics["splits"]["test"]["auc"],
        **{f"num_{kind}_{split}": parts[split][name] for split in SPLITS for kind, name in _NAMES.items()},
    }


def _history(fold: RunFolder) -> list[Metrics]:
    """history.csv with the numbers as they were written; NaN where a cell is empty."""
    table = read_csv_table(fold.history_csv, "a run writes it")
    return [
        {name: float(text) if text else math.nan for name, text in row.items()}
        for row in table.to_dict("records")
    ]


def _test_clips(fold: RunFolder) -> "pd.Series[str]":
    table = read_csv_table(fold.split_csv, "a run writes it")
    return table["clip"][table["split"] == "test"]
