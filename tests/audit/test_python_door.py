"""audit_scores with inputs as in notebooks: arrays, whole thresholds, odd columns, wrong types."""

import numpy as np
import pandas as pd
import pytest
from making.made_scores import made_scores

from avdf.audit.report import audit_scores
from avdf.audit.sources import AuditOptions
from avdf.errors import UserError

SCORES = made_scores(30)
LOGITS = SCORES.assign(score=np.log(SCORES["score"] / (1 - SCORES["score"])))


@pytest.mark.parametrize("threshold", [0, np.float32(0), np.array(0.0), np.int64(0)])
def test_a_threshold_may_be_any_kind_of_number(threshold):
    report = audit_scores(LOGITS, groups="race", threshold=threshold)
    assert report.overall["fpr"] == audit_scores(LOGITS, groups="race", threshold=0.0).overall["fpr"]


@pytest.mark.parametrize("threshold", ["high", "", True, np.array([0.5]), [0.5], pd.NA, np.nan, np.inf])
def test_any_other_threshold_is_refused_in_words(threshold):
    with pytest.raises(UserError, match="the threshold must be a finite number, got"):
        audit_scores(SCORES, groups="race", threshold=threshold)


@pytest.mark.parametrize("kind", [np.array, pd.Index, pd.Series, set, list])
def test_groups_may_be_any_kind_of_sequence(kind):
    report = audit_scores(SCORES, groups=kind(["race"]), threshold=0.5)
    assert set(report.groups["attribute"]) == {"race"}


def test_a_column_may_have_a_number_as_its_name():
    scores = SCORES.rename(columns={"race": 1})
    assert set(audit_scores(scores, groups=[1], threshold=0.5).groups["attribute"]) == {"1"}
    assert 1 in scores.columns


@pytest.mark.parametrize("table", [SCORES["score"], SCORES.to_dict("list"), SCORES.to_numpy(), None, 3])
def test_a_table_of_another_type_is_refused_by_its_type(table):
    with pytest.raises(UserError, match=f"table must be a path or a DataFrame, got a {type(table).__name__}"):
        audit_scores(table, threshold=0.5)


def test_a_column_of_lists_is_refused_by_its_rows():
    lists = SCORES.assign(score=[[score] for score in SCORES["score"]])
    with pytest.raises(UserError, match="score must be a finite number; clip00000"):
        audit_scores(lists, groups="race", threshold=0.5)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"higher_is": "bona fide"}, "higher_is must be fake or bonafide, got 'bona fide'"),
        ({"seed": -1}, "seed must be a whole number >= 0, got -1"),
        ({"seed": 1.5}, "seed must be a whole number >= 0, got 1.5"),
        ({"bins": "age=30"}, r"bins must map columns to edges, as in \{'age': \(18, 30\)\}, got 'age=30'"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(changes, says):
    with pytest.raises(UserError, match=says):
        AuditOptions(**changes)
