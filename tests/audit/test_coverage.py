"""Coverage: clips without a score are counted, by class and by group, before any rate."""

import numpy as np
import pandas as pd
import pytest
from making.calls import called
from making.made_scores import made_scores

import avdf
from avdf.audit.page.page import render
from avdf.audit.page.tables import coverage_table
from avdf.evaluation.coverage import coverage_of, low_coverage
from avdf.evaluation.scores import CheckedScores


def with_gaps(num_missing: int, **where) -> pd.DataFrame:
    """Test rows alone, of 60 people with 8 clips; the first `num_missing` clips that fit lack a score."""
    scores = made_scores(60, 8).assign(split="test")
    fits = np.logical_and.reduce([scores[name] == value for name, value in where.items()])
    scores.loc[scores.index[fits][:num_missing], "score"] = np.nan
    return scores


def test_coverage_is_counted_by_class_and_by_group():
    scores = CheckedScores.of(with_gaps(60, is_fake=1, gender="men"), ("race", "gender"))
    everyone, *groups = coverage_of(scores, ("race", "gender"))
    assert (everyone["num_clips"], everyone["num_scored"], everyone["num_identities"]) == (480, 420, 60)
    assert everyone["coverage"] == 420 / 480
    assert (everyone["coverage_real"], everyone["coverage_fake"]) == (1.0, 180 / 240)
    shares = {row["group"]: row["coverage"] for row in groups}
    assert (shares["men"], shares["women"]) == (180 / 240, 1.0)
    assert low_coverage([everyone, *groups], 0.95)[:2] == [
        "87.5 % of all clips have a score",
        "75.0 % of fake clips have a score",
    ]


def test_metrics_are_those_of_the_table_without_the_clips_that_have_no_score():
    scores = with_gaps(60, is_fake=1)
    report = avdf.audit_scores(scores, threshold=0.5)
    without = avdf.audit_scores(scores[scores["score"].notna()], threshold=0.5)
    assert report.overall == without.overall
    assert report.content["groups"] == without.content["groups"]
    assert report.warnings[0].startswith("60 of 480 test clips have no score (clip00001.mp4, clip00003.mp4")
    assert report.warnings[1].startswith("Coverage is low: 87.5 % of all clips have a score, 75.0 % of fake")
    assert without.content["coverage"][0]["coverage"] == 1.0


def test_the_page_says_the_coverage_before_any_rate():
    content = avdf.audit_scores(with_gaps(60, is_fake=1, gender="men"), threshold=0.5).content
    page = render(
        "page.html",
        audit=content,
        drawings={name: [] for name in ("rates", "gaps", "threshold", "scores", "methods", "shortcuts")},
    )
    assert page.index("Coverage: <strong>87.5\u00a0%</strong> of 480 clips have a score") < page.index(
        "accused"
    )
    assert coverage_table(content).rows[0][:3] == ("gender", "men", "75.0\u00a0%")


@pytest.mark.parametrize(("num_missing", "status"), [(3, 0), (30, 1)])
def test_a_coverage_under_the_least_ends_with_status_1(tmp_path, num_missing, status):
    path = tmp_path / "scores.csv"
    columns = ["is_fake", "score", "identity"]
    with_gaps(num_missing, is_fake=1)[columns].to_csv(path, index=False)
    done = called("audit", path, "--threshold", "0.5", "--min-coverage", "0.95", "--out", tmp_path / "out")
    assert done.status == status
    assert (tmp_path / "out" / "audit.html").is_file()
    lines = ["all clips", "fake clips"] if status else []
    shares = {"all clips": "93.8", "fake clips": "87.5"}
    assert done.stderr.splitlines() == [
        f"--min-coverage: {shares[line]} % of {line} have a score, less than 95 %" for line in lines
    ]


def test_the_least_coverage_must_be_a_share_of_one_table(tmp_path):
    path = tmp_path / "scores.csv"
    with_gaps(0, is_fake=1).to_csv(path, index=False)
    assert (
        "--min-coverage must be from 0 to 1, got 95.0" in called("audit", path, "--min-coverage", "95").stderr
    )
    done = called("audit", path, path, "--threshold", "0.5", "--min-coverage", "0.9")
    assert done.stderr == "error: --min-coverage: needs a single table; audit each of the two with it\n"


def test_a_group_of_few_people_is_listed_and_not_judged():
    rows = [{"attribute": "all", "group": "all", "num_identities": 100, "coverage": 0.99}]
    rows[0] |= {"coverage_real": 0.99, "coverage_fake": float("nan")}
    rows += [
        {"attribute": "race", "group": str(num), "num_identities": num, "coverage": 0.5} for num in (19, 20)
    ]
    assert low_coverage(rows, 0.95) == ["50.0 % of clips of race 20 have a score"]
