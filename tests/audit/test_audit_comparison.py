"""Comparison of two detectors on the clips that both scored: paired differences, verdicts, page."""

import json

import numpy as np
import pytest
from making.made_scores import made_scores

from avdf.audit.comparison import comparison_content, write_comparison
from avdf.audit.request import compare_two
from avdf.audit.sources import AuditInput, AuditOptions
from avdf.errors import TableError, UserError
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import given_threshold


def source(scores, at: float = 0.5) -> AuditInput:
    return AuditInput(
        scores=CheckedScores.of(scores, ["race", "gender"]),
        threshold=given_threshold(at),
        groups=("race", "gender"),
    )


def difference(content, group: str, metric: str):
    (row,) = [row for row in content["differences"] if (row["group"], row["metric"]) == (group, metric)]
    return row


def test_a_detector_against_itself_changes_nothing():
    content = comparison_content(source(made_scores()), source(made_scores()), seed=0)
    assert {row["difference"] for row in content["differences"]} == {0.0}
    assert {row["change"] for row in content["differences"]} == {"unclear"}
    assert {tuple(row["ci"]) for row in content["differences"]} == {(0.0, 0.0)}


def test_improving_one_group_helps_that_group_and_narrows_the_gap():
    before, after = made_scores(240, planted=2.0), made_scores(240)
    content = comparison_content(source(before), source(after), seed=0)
    improved = difference(content, "African", "fpr")
    assert improved["change"] == "better"
    assert improved["ci"][0] < improved["difference"] < improved["ci"][1] < 0.0
    assert difference(content, "Asian (East)", "fpr")["difference"] == 0.0
    gap = content["gaps"][0]
    assert (gap["attribute"], gap["metric"], gap["change"]) == ("race", "fpr", "better")
    assert "It helped: African" in content["verdicts"][0]["text"]
    assert content["verdicts"][1]["change"] == "unclear"


def test_a_lower_threshold_trades_accusations_for_misses_and_says_whom_it_costs():
    content = comparison_content(source(made_scores(240), 0.5), source(made_scores(240), 0.2), seed=0)
    assert [verdict["change"] for verdict in content["verdicts"]] == ["worse", "better"]
    assert "It cost: African, Asian (East), Caucasian (American)" in content["verdicts"][0]["text"]
    assert difference(content, "all", "auc")["difference"] == 0.0


def test_only_clips_that_both_scored_are_compared():
    scores = made_scores()
    content = comparison_content(source(scores), source(scores.iloc[: len(scores) - 80]), seed=0)
    assert content["num_clips"] == (scores["split"] == "test").sum() - 80
    assert (content["first"]["num_left_out"], content["second"]["num_left_out"]) == (80, 0)


def test_pairing_makes_the_interval_of_a_small_change_narrow():
    scores = made_scores(120)
    better = scores.assign(
        score=np.where(np.arange(len(scores)) % 10 == 0, scores["is_fake"], scores["score"])
    )
    change = difference(comparison_content(source(scores), source(better), seed=0), "all", "auc")
    alone = difference(
        comparison_content(source(scores), source(made_scores(120, seed=9)), seed=0), "all", "auc"
    )
    assert change["ci"][1] - change["ci"][0] < 0.7 * (alone["ci"][1] - alone["ci"][0])
    assert change["change"] == "better"


def test_tables_that_contradict_each_other_or_share_nothing_are_refused():
    scores = made_scores()
    with pytest.raises(TableError, match="clips are real in one table and fake in the other"):
        comparison_content(source(scores), source(scores.assign(is_fake=1 - scores["is_fake"])), seed=0)
    with pytest.raises(TableError, match="share no test clip"):
        comparison_content(source(scores), source(scores.assign(clip=scores["clip"] + "x")), seed=0)
    with pytest.raises(TableError, match="no column 'clip'"):
        comparison_content(source(scores), source(scores.drop(columns="clip")), seed=0)


def test_the_folder_holds_page_figures_and_tables(tmp_path):
    scores = made_scores(36, 4)
    out = tmp_path / "comparison"
    content = write_comparison(source(scores), source(scores, 0.4), out, seed=0)
    assert {path.name for path in out.iterdir()} == {
        *("comparison.html", "comparison.json", "differences.csv", "figures")
    }
    assert [test["unit"] for test in content["auc_tests"]] == ["people", "clips"]
    assert json.loads((out / "comparison.json").read_text(encoding="utf-8")) == content
    page = (out / "comparison.html").read_text(encoding="utf-8")
    assert "False accusations" in page
    assert "<script" not in page
    scores.to_csv(tmp_path / "scores.csv", index=False)
    with pytest.raises(UserError, match="exists"):
        compare_two(tmp_path / "scores.csv", tmp_path / "scores.csv", None, AuditOptions(threshold=0.5))
