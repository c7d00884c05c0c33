"""Attacks in the folder of an audit: attacks.csv, the page, and whether they were trained on."""

import json

import pandas as pd
import pytest
from making.attacks import attacked

import avdf
from avdf.audit.options import AuditOptions
from avdf.audit.page.attack_tables import why_not_known, worst_attack
from avdf.audit.request import audit_one
from avdf.audit.trained_attacks import NOT_SAID, attacks_trained_on
from avdf.errors import TableError
from avdf.evaluation.attacks import SeenAttacks
from avdf.run_folder import RunFolder

CONFIG = "data: {root: demo}\nmodel: {encoders: {audio: {name: audio_cnn}}}\nevaluation: {groups: []}\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    """A run that was trained on the attack loud alone, audited."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    attacked().to_csv(folder / "scores.csv", index=False)
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "metrics.json").write_text('{"threshold": {"value": 0.5}}')
    clips = pd.DataFrame(
        {
            "clip": ["a", "b", "c"],
            "audio_fake": [0, 1, 1],
            "video_fake": [0, 0, 1],
            "audio_attack": ["", "loud", "quiet"],
            "video_attack": ["", "", "swap"],
        }
    )
    clips.to_csv(folder / "clips.csv", index=False)
    split = pd.DataFrame({"clip": ["a", "b", "c"], "split": ["train", "train", "test"]})
    split.to_csv(folder / "split.csv", index=False)
    audit_one(folder, None, AuditOptions())
    return RunFolder(folder)


def test_attacks_csv_has_one_row_per_attack_with_both_ends_of_each_interval(run):
    table = pd.read_csv(run.audit / "attacks.csv")
    of_metrics = [
        f"{m}{end}" for m in ("fnr", "auc", "eer", "min_dcf") for end in ("", "_ci_low", "_ci_high")
    ]
    head = ["attack", "num_clips", "num_identities"]
    assert list(table.columns) == [*head, *of_metrics, "seen_in_training", "seen_reason", "status"]
    assert table["attack"].tolist() == ["quiet", "loud", "rare"]
    assert table["seen_in_training"].tolist() == [False, True, False]
    assert table["eer"].isna().tolist() == [False, False, True]
    content = json.loads(run.audit_json.read_text("utf-8"))
    assert [row["eer"] for row in content["attacks"][:2]] == table["eer"].tolist()[:2]


def test_the_page_names_the_worst_attack_first_and_draws_all(run):
    content = json.loads(run.audit_json.read_text("utf-8"))
    page = run.audit_html.read_text("utf-8")
    sentence = worst_attack(content)
    assert sentence.startswith("The worst of 2 attacks is quiet, on which it was not trained: EER ")
    assert page.index(sentence) < page.index('id="rates"')
    assert "quiet (not trained on)" in page
    assert (run.audit / "figures" / "attacks_eer.png").is_file()


def test_attacks_trained_on_are_those_of_the_target_in_the_training_split(run):
    assert attacks_trained_on(run) == SeenAttacks(names=frozenset({"loud"}))
    assert attacks_trained_on(RunFolder(run.path / "nothing")) == NOT_SAID


def test_a_table_without_attacks_has_no_section_and_no_file(tmp_path):
    report = avdf.audit_scores(attacked().drop(columns="audio_attack"), threshold=0.5)
    page = report.save(tmp_path / "out")
    assert report.content["attacks"] == []
    assert 'id="attacks"' not in page.read_text("utf-8")
    assert not (tmp_path / "out" / "attacks.csv").exists()


def test_a_column_of_attacks_that_is_not_there_is_refused():
    table = attacked().rename(columns={"audio_attack": "system"})
    with pytest.raises(TableError, match="--attack: no column 'systm', did you mean 'system'"):
        avdf.audit_scores(table, threshold=0.5, options=AuditOptions(attack="systm"))


def test_an_attack_that_may_have_been_trained_on_is_not_called_unseen():
    known = SeenAttacks(names=frozenset({"loud"}))
    assert [known.of(name)[0] for name in ("loud", "quiet", "unknown")] == [True, False, None]
    assert known.of("unknown")[1] == "these fakes have no name of an attack"
    unnamed = SeenAttacks(names=frozenset({"loud", "unknown"}))
    assert [unnamed.of(name)[0] for name in ("loud", "quiet")] == [True, None]
    assert unnamed.of("quiet")[1] == "some fakes of the training have no name of an attack"


def test_the_reason_is_in_the_table_and_below_it(tmp_path):
    path = tmp_path / "scores.csv"
    attacked().to_csv(path, index=False)
    audit_one(path, None, AuditOptions(threshold=0.5))
    content = json.loads((tmp_path / "audit" / "audit.json").read_text("utf-8"))
    reason = "a score table does not say what the detector was trained on"
    assert {row["seen_reason"] for row in content["attacks"]} == {reason}
    assert pd.read_csv(tmp_path / "audit" / "attacks.csv")["seen_reason"].unique().tolist() == [reason]
    sentence = f"Trained on is not known: {reason} (3 attacks)."
    assert why_not_known(content) == sentence
    assert sentence in (tmp_path / "audit" / "audit.html").read_text("utf-8")
