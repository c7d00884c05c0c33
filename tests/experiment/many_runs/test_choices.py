"""folds.json: what each fold chose, and how often a clip is tested."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from making.runs import read_json

from avdf.errors import UserError
from avdf.experiment.many_runs.choices import choices_of
from avdf.files import write_json
from avdf.run_folder import RunFolder
from avdf.training.checkpoints import load_newest_state


def test_folds_json_has_the_epoch_of_the_weights_and_counts_of_the_split(after_each_other: RunFolder):
    content = read_json(after_each_other.folds_json)
    assert (content["num_clips"], content["num_tested_once"], content["num_tested_more"]) == (80, 80, 0)
    assert (content["leaks"], content["num_without_track"]) == (False, 0)
    for row, fold in zip(content["folds"], after_each_other.folds, strict=True):
        best = load_newest_state(fold.checkpoints)["best"]["epoch"]
        assert (row["epoch"], row["num_epochs"]) == (best + 1, 4)
        history = pd.read_csv(fold.history_csv)
        assert history["f2_at_prevalence"][best] == history["f2_at_prevalence"].max()
        clips = pd.read_csv(fold.clips_csv).merge(pd.read_csv(fold.split_csv), on="clip")
        for split, rows in clips.groupby("split"):
            counts = (row[f"num_clips_{split}"], row[f"num_people_{split}"])
            assert counts == (len(rows), rows["voice"].nunique())
        metrics = fold.metrics()
        assert row["auc"] == metrics["splits"]["test"]["auc"]
        assert row["f2_at_prevalence"] == metrics["splits"]["validation"]["f2_at_prevalence"]


def test_a_clip_that_two_folds_test_is_counted(after_each_other: RunFolder, tmp_path: Path):
    shutil.copytree(after_each_other.path, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    split = pd.read_csv(run.fold(0).split_csv)
    tested_elsewhere = split.index[split["split"] != "test"][0]
    never = split.index[split["split"] == "test"][:2]
    split.loc[tested_elsewhere, "split"] = "test"
    split.loc[never, "split"] = "train"
    split.to_csv(run.fold(0).split_csv, index=False)
    content = choices_of(run.folds)
    assert (content["num_tested_once"], content["num_tested_more"]) == (77, 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("folds", 5),
        ("folds", [{"fold": "first"}]),
        ("leaks", "no"),
        ("num_clips", -1),
        ("folds.0.epoch", "7"),
    ],
)
def test_a_folds_json_of_the_wrong_type_is_refused(
    after_each_other: RunFolder, tmp_path: Path, key: str, value: Any
):
    content = read_json(after_each_other.folds_json)
    if key == "folds.0.epoch":
        content["folds"][0]["epoch"] = value
    else:
        content[key] = value
    run = RunFolder(tmp_path)
    write_json(run.folds_json, content)
    with pytest.raises(UserError, match=rf"folds\.json: {key.split('.')[0]} must be "):
        run.choices_of_folds()
