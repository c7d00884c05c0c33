"""The attacks that a run was trained on, from its clips.csv and split.csv."""

import pandas as pd

from avdf.evaluation.attack_names import attack_of_fakes
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder

_MADE_BY = "a run writes it"


def attacks_trained_on(run: RunFolder) -> frozenset[str] | None:
    """Attacks with a fake in the training split; of many folds, those in each of them.

    None where the run does not say: a folder that was put together by hand, or of an older version.
    """
    if run.folds:
        of_folds = [attacks_trained_on(fold) for fold in run.folds]
        known = [attacks for attacks in of_folds if attacks is not None]
        return frozenset.intersection(*known) if len(known) == len(of_folds) else None
    if not (run.is_begun and run.clips_csv.is_file() and run.split_csv.is_file()):
        return None
    clips, split = (read_csv_table(path, _MADE_BY) for path in (run.clips_csv, run.split_csv))
    train = clips[clips["clip"].isin(split["clip"][split["split"] == "train"])]
    attacks = attack_of_fakes(train.assign(is_fake=_is_fake(train, run.config().data.target)))
    return None if attacks is None else frozenset(attacks) - {""}


def _is_fake(clips: pd.DataFrame, target: str) -> "pd.Series[bool]":
    flags = ["audio_fake", "video_fake"] if target == "any" else [f"{target}_fake"]
    return (clips[flags] == "1").any(axis=1)
