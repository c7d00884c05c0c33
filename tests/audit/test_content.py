"""audit.json of unusual tables: no row is dropped, no value invented, the order of rows does not matter."""

import json

import numpy as np
import pandas as pd
import pytest
from making.made_scores import made_scores

from avdf.audit.content import audit_content
from avdf.audit.sources import AuditInput
from avdf.errors import TableError
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import given_threshold, row_threshold
from avdf.files import json_text

GROUPS = ("race", "gender")


def audit(scores: pd.DataFrame, at: float = 0.5, groups=GROUPS, **fields):
    """audit.json as it reads back, refusing anything that strict JSON hasn't got."""
    threshold = row_threshold(scores) if "threshold" in scores else given_threshold(at)
    audit_input = AuditInput(
        scores=CheckedScores.of(scores, groups), threshold=threshold, groups=tuple(groups), **fields
    )
    text = json_text(audit_content(audit_input, seed=0))
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))


def entry(content, attribute: str, group: str, metric: str):
    (row,) = [
        row
        for row in content["groups"]
        if (row["attribute"], row["group"], row["metric"]) == (attribute, group, metric)
    ]
    return row


def gap(content, attribute: str, metric: str):
    (row,) = [row for row in content["gaps"] if (row["attribute"], row["metric"]) == (attribute, metric)]
    return row


def test_the_keys_that_others_rely_on_are_there():
    content = audit(made_scores())
    assert {"schema_version", "verdicts", "threshold", "overall", "groups", "gaps"} <= set(content)
    assert {"literature", "shortcuts", "warnings"} <= set(content)
    assert set(content["groups"][0]) >= {
        *("attribute", "group", "metric", "value", "ci", "num_rows", "num_identities", "num_errors"),
        *("status", "reason"),
    }
    assert set(content["gaps"][0]) >= {
        *("attribute", "metric", "gap", "worst", "best", "ci", "null_mean", "null_q95", "p", "p_holm"),
        *("min_detectable", "status", "omitted"),
    }


def test_rates_of_a_group_are_those_of_its_rows():
    scores = made_scores()
    content = audit(scores)
    rows = scores[(scores["split"] == "test") & (scores["race"] == "African")]
    real, fake = rows[rows["is_fake"] == 0], rows[rows["is_fake"] == 1]
    fpr, fnr = entry(content, "race", "African", "fpr"), entry(content, "race", "African", "fnr")
    assert fpr["value"] == pytest.approx((real["score"] >= 0.5).mean())
    assert fnr["value"] == pytest.approx((fake["score"] < 0.5).mean())
    assert (fpr["num_rows"], fpr["num_errors"]) == (len(real), int((real["score"] >= 0.5).sum()))
    assert fpr["ci"][0] < fpr["value"] < fpr["ci"][1]


def test_a_group_without_real_clips_is_undefined_and_leaves_its_gap_partial():
    scores = made_scores(180)
    content = audit(scores[(scores["race"] != "African") | (scores["is_fake"] == 1)])
    fpr = entry(content, "race", "African", "fpr")
    assert (fpr["value"], fpr["status"], fpr["num_rows"]) == (None, "undefined", 0)
    assert entry(content, "race", "African", "auc")["status"] == "undefined"
    assert entry(content, "race", "African", "fnr")["value"] is not None
    assert gap(content, "race", "fpr")["status"] == "partial"
    assert gap(content, "race", "fpr")["omitted"] == ["African"]
    assert gap(content, "race", "fnr")["omitted"] == []


def test_blank_groups_are_one_unknown_row_and_totals_are_kept():
    scores = made_scores()
    scores["race"] = scores["race"].astype(object)
    test = scores.index[scores["split"] == "test"]
    for place, odd in enumerate(["", np.nan, "unknown", "Unknown ", "african", "African "]):
        scores.loc[test[place * 24], "race"] = odd  # clips of the first race and of others
    scores.loc[test[[96, 120]], "race"] = ["african", "African "]
    scores = scores[~scores["identity"].isin(scores.loc[test[[96, 120]], "identity"])]
    content = audit(scores)
    counts = [row for row in content["counts"]["groups"] if row["attribute"] == "race"]
    assert [row["group"] for row in counts] == ["African", "Asian (East)", "Caucasian (American)", "unknown"]
    assert counts[-1]["num_clips"] == 4
    assert sum(row["num_clips"] for row in counts) == (scores["split"] == "test").sum()


def test_four_people_are_counted_and_not_rated():
    scores = made_scores(60, races=("African", "Asian (East)"))
    few = sorted(set(scores.loc[scores["race"] == "African", "identity"]))[-4:]
    content = audit(scores[(scores["race"] != "African") | scores["identity"].isin(few)])
    fpr = entry(content, "race", "African", "fpr")
    assert (fpr["value"], fpr["ci"], fpr["status"]) == (None, [None, None], "suppressed")
    assert (fpr["num_identities"], fpr["num_rows"]) == (4, 16)


def test_ten_people_per_group_are_not_enough_data_in_words():
    content = audit(made_scores(45))
    (verdict,) = [v for v in content["verdicts"] if (v["attribute"], v["metric"]) == ("race", "fnr")]
    assert verdict["verdict"] == "not enough data"
    assert "10 people per group" in verdict["text"]
    assert gap(content, "race", "fnr")["min_detectable"] > 0.05


def test_a_planted_gap_is_shown_and_an_even_detector_shows_none():
    shown = audit(made_scores(240, planted=2.0))
    assert shown["verdicts"][0]["verdict"] == "gap shown"
    assert "(African)" in shown["verdicts"][0]["text"]
    assert gap(shown, "race", "fpr")["worst"] == "African"
    assert any(pair["p_holm"] is not None for pair in shown["pairs"])
    even = audit(made_scores(240))
    assert even["verdicts"][0]["verdict"] == "none shown"
    assert all(pair["p"] is None for pair in even["pairs"])


def test_a_threshold_that_flags_all_shows_no_gap_and_is_warned_of():
    content = audit(made_scores(240), at=0.0)
    assert any("calls every test clip fake" in line for line in content["warnings"])
    assert any("calling every clip fake reaches" in line for line in content["warnings"])
    assert gap(content, "race", "fpr")["gap"] == 0.0
    assert "no gap can show" in content["verdicts"][0]["text"]


def test_constant_scores_are_warned_of():
    content = audit(made_scores().assign(score=0.25))
    assert any("scores are equal" in line for line in content["warnings"])
    assert content["overall"]["auc"] == 0.5


def test_people_in_test_and_validation_are_warned_of():
    scores = made_scores()
    scores.loc[scores["identity"] == "id00000", "split"] = ["test", "validation"] * 4
    assert any("1 identities are in test" in line for line in audit(scores)["warnings"])


def test_a_trivial_feature_as_good_as_the_detector_is_a_warning():
    auc = audit(made_scores())["overall"]["auc"]
    probes = [{"feature": "leading silence", "auc": auc - 0.01}, {"feature": "loudness", "auc": 0.55}]
    content = audit(made_scores(), probes=probes, warnings=["made-up demo data"])
    assert content["warnings"][0] == "made-up demo data"
    assert [line for line in content["warnings"] if "leading silence alone" in line]
    assert not [line for line in content["warnings"] if "loudness" in line]
    assert [row["feature"] for row in content["shortcuts"]] == ["leading silence", "loudness"]


def test_a_feature_of_the_file_that_was_taken_without_copies_says_so():
    probes = [{"feature": "audio_codec", "auc": 0.99, "without_copies": True}]
    content = audit(made_scores(), probes=probes)
    (line,) = [line for line in content["warnings"] if "audio_codec" in line]
    assert line.startswith("audio_codec alone tells fakes that are no copies with an AUC of 0.990")


def test_repeating_every_row_20_times_changes_only_counts():
    scores = made_scores(30)
    once, often = audit(scores), audit(pd.concat([scores] * 20))
    for one, many in zip(once["groups"], often["groups"], strict=True):
        assert many["value"] == pytest.approx(one["value"], abs=1e-9)
        assert many["ci"] == pytest.approx(one["ci"], abs=1e-9), (one["group"], one["metric"])
        assert (many["status"], many["num_rows"]) == (one["status"], 20 * one["num_rows"])
    for one, many in zip(once["gaps"], often["gaps"], strict=True):
        assert (many["p"], many["p_holm"]) == (one["p"], one["p_holm"])
        for name in ("gap", "null_mean", "null_q95", "min_detectable"):
            assert many[name] == pytest.approx(one[name], abs=1e-9)
        assert many["ci"] == pytest.approx(one["ci"], abs=1e-9)


def test_rows_and_groups_in_another_order_give_the_same_bytes():
    scores = made_scores(30)
    expected = json_text(audit(scores))
    shuffled = scores.sample(frac=1.0, random_state=5)
    assert json_text(audit(shuffled, groups=("gender", "race"))) == expected


def test_pooled_folds_are_called_row_by_row_and_the_report_says_so():
    scores = made_scores()
    scores = scores.assign(threshold=np.where(scores["identity"] < "id00030", 0.3, 0.7), split="test")
    content = audit(scores)
    real = scores[scores["is_fake"] == 0]
    assert content["overall"]["fpr"] == pytest.approx((real["score"] >= real["threshold"]).mean())
    assert content["threshold"]["per_row"]
    assert any("its own frozen threshold (2 distinct" in line for line in content["warnings"])


def test_the_start_of_a_clip_can_be_left_out():
    scores = made_scores().assign(score_without_start=0.5)
    metrics = audit(scores)["without_start"]
    assert metrics["without_start"]["auc"] == 0.5
    assert metrics["whole"]["auc"] == audit(made_scores())["overall"]["auc"]
    assert audit(made_scores())["without_start"] is None


def test_what_if_thresholds_come_from_validation_rows():
    content = audit(made_scores(90))
    rows = {(row["attribute"], row["group"]): row for row in content["what_if"]}
    assert rows[("race", "African")]["num_identities"] == 10
    assert content["threshold"]["value"] == 0.5
    assert audit(made_scores(90).query("split == 'test'"))["what_if"] == []


def test_logits_have_no_calibration_and_no_crash():
    scores = made_scores()
    content = audit(scores.assign(score=np.log(scores["score"] / (1 - scores["score"]))), at=0.0)
    assert content["overall"]["brier"] is None
    assert entry(content, "race", "African", "ece")["status"] == "undefined"
    assert content["overall"]["auc"] == pytest.approx(audit(scores)["overall"]["auc"])


def test_a_test_split_of_one_class_is_reported_without_an_error():
    scores = made_scores()
    content = audit(scores[(scores["split"] != "test") | (scores["is_fake"] == 1)])
    assert "The test rows hold no real clip." in content["warnings"]
    assert gap(content, "race", "fpr")["status"] == "undefined"


def test_a_table_without_test_rows_is_refused():
    with pytest.raises(TableError, match=r"no row of split 'test' to audit \(have: train, validation\)"):
        audit(made_scores().replace({"split": {"test": "train"}}))
