"""The report on attacks never trained on, from made-up runs: means, changes, page, table."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.attacks import attacked

from avdf.audit.unseen_attacks import unseen_content, write_unseen
from avdf.evaluation.attacks import SeenAttacks
from avdf.evaluation.delong import compare_aucs
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.summary import measure, score_splits_of
from avdf.evaluation.threshold import given_threshold
from avdf.files import write_json
from avdf.run_folder import RunFolder


def made_run(folder: Path, left_out: str = "", trained_on: str = "loud quiet rare") -> RunFolder:
    """A run whose scores of the attack that was left out are guessed."""
    run = RunFolder(folder)
    folder.mkdir(parents=True)
    scores = attacked()
    guessed = scores["audio_attack"] == left_out if left_out else np.zeros(len(scores), dtype=bool)
    draws = np.random.default_rng(1).random(len(scores)).round(3)
    scores.assign(score=np.where(guessed, draws, scores["score"])).to_csv(run.scores_csv, index=False)
    checked = CheckedScores.of(pd.read_csv(run.scores_csv, keep_default_na=False))
    threshold = given_threshold(0.5)
    seen = SeenAttacks(names=frozenset(trained_on.split()) - {left_out})
    write_json(run.metrics_json, measure(score_splits_of(checked, threshold), threshold, seen))
    return run


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("run")
    without = {name: made_run(folder / name, name) for name in ("loud", "quiet")}
    return unseen_content(made_run(folder / "all"), without, {"odd": "nobody in test has it"})


def test_an_attack_is_beside_itself_when_trained_on_and_the_worst_is_first(content):
    first, second = content["attacks"]
    assert first["unseen"]["eer"] >= second["unseen"]["eer"]
    loud = next(row for row in content["attacks"] if row["attack"] == "loud")
    assert loud["seen"]["auc"] > 0.95 > loud["unseen"]["auc"]
    expected = np.mean([row["unseen"]["auc"] for row in content["attacks"]])
    assert content["means"]["unseen"] == {
        "num_attacks": 2,
        "auc": pytest.approx(expected),
        **{key: content["means"]["unseen"][key] for key in ("eer", "fnr", "min_dcf")},
    }


def test_the_change_of_the_auc_is_tested_over_people_on_the_same_clips(content):
    loud = next(row for row in content["attacks"] if row["attack"] == "loud")
    table = attacked()
    draws = np.random.default_rng(1).random(len(table)).round(3)
    unseen = np.where(table["audio_attack"] == "loud", draws, table["score"])
    rows = table["audio_attack"].isin(["", "loud"]).to_numpy()
    test = compare_aucs(table["is_fake"][rows], table["score"][rows], unseen[rows], table["identity"][rows])
    assert loud["auc_change"]["difference"] == pytest.approx(test.difference)
    assert loud["auc_change"]["p"] == pytest.approx(test.p)
    assert loud["auc_change"]["difference"] == pytest.approx(loud["unseen"]["auc"] - loud["seen"]["auc"])


def test_the_page_says_the_means_the_worst_and_what_was_not_tested(content, tmp_path):
    run = RunFolder(tmp_path)
    write_unseen(content, run)
    page = run.unseen_attacks_html.read_text("utf-8")
    means = content["means"]
    assert f"a mean AUC of {means['unseen']['auc']:.3f} over 2 attacks" in page
    assert f"of {means['seen']['auc']:.3f} on the same attacks when trained on" in page
    assert "nobody in test has it" in page
    table = pd.read_csv(run.unseen_attacks_csv)
    assert table["attack"].tolist() == [row["attack"] for row in content["attacks"]]
    assert table["auc_unseen"].tolist() == [row["unseen"]["auc"] for row in content["attacks"]]
    assert {"eer_seen_ci_high", "auc_change_p", "status"} <= set(table.columns)
    assert json.loads(run.unseen_attacks_json.read_text("utf-8"))["not_tested"] == {
        "odd": "nobody in test has it"
    }


def test_attacks_in_no_training_come_last_and_are_in_no_mean(tmp_path):
    run = made_run(tmp_path / "all", trained_on="loud rare")
    write_json(run.certificate_json, {"fakes": {"num_by_faker_in": {"test": {"loud": 40, "rare": 4}}}})
    without = {"loud": made_run(tmp_path / "loud", "loud", trained_on="rare")}
    content = unseen_content(run, without, {"rare": "nobody in test has it"})
    assert [row["num_copies"] for row in content["attacks"]] == [40]  # of 24 people with 2 fakes each
    (quiet,) = content["in_no_training"]
    row = next(row for row in run.metrics()["splits"]["test"]["attacks"] if row["attack"] == "quiet")
    assert (quiet["num_copies"], quiet["unseen"]["auc"]) == (0, row["auc"])
    assert content["means"]["unseen"]["auc"] == content["attacks"][0]["unseen"]["auc"]
    write_unseen(content, run)
    page = " ".join(run.unseen_attacks_html.read_text("utf-8").split())
    assert "Fakers, programs that make fake copies of real clips, are attacks, too: loud." in page
    assert "copies by a faker of the same name are one attack: loud." in page
    assert "In no training at all, whatever is left out: quiet." in page
    table = pd.read_csv(run.unseen_attacks_csv)
    assert table["attack"].tolist() == ["loud", "quiet"]
    assert table["auc_seen"].isna().tolist() == table["auc_change_p"].isna().tolist() == [False, True]


def test_the_folder_of_an_attack_with_odd_signs_is_a_plain_name():
    run = RunFolder(Path("run"))
    assert run.without_attack("A17").path.name == "without-A17"
    names = {run.without_attack(name).path.name for name in ("a/b", "a b", "../x")}
    assert len(names) == 3
    assert all("/" not in name and ".." not in name for name in names)
