"""The stress tests of all folds are told as one, over everybody, each clip at the threshold of its fold."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from making.runs import read_json

from avdf.experiment.many_runs.pooled import audit_folds
from avdf.experiment.stress import StressRequest, stress_on_request
from avdf.run_folder import RunFolder

NAMES = ["clean", "a_law"]


@pytest.fixture(scope="module")
def stressed(after_each_other: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """All folds with a stress test each, the first one of a channel more."""
    run = RunFolder(tmp_path_factory.mktemp("stressed") / "run")
    shutil.copytree(after_each_other.path, run.path)
    for number, fold in enumerate(run.folds):
        more = ["white_noise_10_db"] if number == 0 else []
        stress_on_request(StressRequest(source=fold.path, conditions=[*NAMES, *more]))
    audit_folds(run.config(), run)
    return run


def test_each_clip_is_called_at_the_threshold_of_its_fold(stressed: RunFolder):
    rows = []
    for fold in stressed.folds:
        table = pd.read_csv(fold.stress / "scores.csv")
        rows.append(table.assign(called=table["score"] >= fold.metrics()["threshold"]["value"]))
    calls = pd.concat(rows)
    shown = pd.read_csv(stressed.stress_csv).set_index(["condition", "metric"])["value"]
    for name in NAMES:
        of_channel = calls[calls["condition"] == name]
        fake = of_channel["is_fake"] == 1
        assert shown[name, "fpr"] == pytest.approx(of_channel["called"][~fake].mean())
        assert shown[name, "fnr"] == pytest.approx((~of_channel["called"][fake]).mean())
    thresholds = {fold.metrics()["threshold"]["value"] for fold in stressed.folds}
    assert len(thresholds) == 3


def test_everybody_is_heard_once_in_conditions_that_all_folds_have(stressed: RunFolder):
    stored = read_json(stressed.stress_json)
    people = set(pd.read_csv(stressed.scores_csv)["identity"])
    assert stored["sample"]["num_people"] == stored["sample"]["num_identities"] == len(people)
    assert [row["condition"] for row in stored["conditions"]] == NAMES
    assert stored["not_measured"] == [
        {"condition": "white_noise_10_db", "reason": "not all folds have it"},
    ]
    assert "threshold of\nits fold." in stressed.stress_html.read_text("utf-8")


def test_the_audit_of_all_folds_and_metrics_json_name_the_worst_channel(stressed: RunFolder):
    digest = read_json(stressed.audit_json)["stress"]
    assert digest["worst_condition"]["fpr"] == "a_law"
    assert read_json(stressed.metrics_json)["stress"]["num_channels"] == 1
    assert digest["sentences"][0] in stressed.audit_html.read_text("utf-8")


def test_folds_without_a_stress_test_have_none_together(after_each_other: RunFolder):
    assert not (after_each_other.path / Path("stress")).exists()
    assert read_json(after_each_other.audit_json)["stress"] is None
