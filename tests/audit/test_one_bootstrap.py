"""metrics.json and audit.json of a run have the same metrics with the same intervals, to the last bit."""

import json
from dataclasses import replace

from making.made_scores import made_scores

from avdf.audit.content import audit_content
from avdf.audit.folder import write_audit
from avdf.audit.request import audit_one
from avdf.audit.sources import AuditOptions, audit_input_of, read_audit_input
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.summary import measure, score_splits_of
from avdf.evaluation.threshold import given_threshold
from avdf.files import json_text, write_json

GROUPS = ("race", "gender")


def test_every_interval_of_metrics_json_equals_that_of_audit_json(tmp_path):
    scores = CheckedScores.of(made_scores(36, 4), GROUPS)
    threshold = given_threshold(0.5)
    splits = score_splits_of(scores, threshold, GROUPS, seed=3)
    metrics = json.loads(json_text(measure(splits, threshold)))
    audit_input = replace(audit_input_of(scores, threshold, GROUPS, run=None), test=splits["test"])
    audited = write_audit(audit_input, tmp_path / "audit", 3)["overall"]
    test = metrics["splits"]["test"]
    assert len(test["ci"]) > 12
    assert test == audited


def test_a_later_audit_of_the_same_table_draws_the_same_people(tmp_path):
    made_scores(36, 4).to_csv(tmp_path / "scores.csv", index=False)
    options = AuditOptions(threshold=0.5, groups=("gender", "race"), seed=3)
    audited = audit_content(read_audit_input(tmp_path / "scores.csv", options), 3)["overall"]
    scores = CheckedScores.of(made_scores(36, 4), GROUPS)
    splits = score_splits_of(scores, given_threshold(0.5), GROUPS, seed=3)
    assert measure(splits, given_threshold(0.5))["splits"]["test"]["ci"]["auc"] == audited["ci"]["auc"]


def test_the_draws_of_a_split_are_made_once():
    splits = score_splits_of(CheckedScores.of(made_scores(18, 4), GROUPS), given_threshold(0.5), GROUPS)
    assert splits["test"].draws is splits["test"].draws


def test_a_later_audit_of_a_run_has_the_seed_of_the_run(tmp_path):
    made_scores(36, 4).to_csv(tmp_path / "scores.csv", index=False)
    (tmp_path / "config.yaml").write_text(
        "seed: 5\nevaluation: {groups: [race, gender]}\nmodel: {encoders: {audio: {name: audio_cnn}}}\n"
    )
    scores = CheckedScores.of(made_scores(36, 4), GROUPS)
    metrics = measure(score_splits_of(scores, given_threshold(0.5), GROUPS, seed=5), given_threshold(0.5))
    write_json(tmp_path / "metrics.json", metrics)
    audit_one(tmp_path, None, AuditOptions())
    content = json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8"))
    assert content["settings"]["seed"] == 5
    assert content["overall"] == json.loads((tmp_path / "metrics.json").read_text())["splits"]["test"]
