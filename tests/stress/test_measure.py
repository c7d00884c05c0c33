"""A stress test from sounds to its files: what they hold, and what an interrupted one keeps."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from making.runs import read_json
from making.sounds import RATE_HZ
from making.trainings import MODEL

from avdf.detector import build_detector
from avdf.evaluation.threshold import Threshold
from avdf.run_folder import RunFolder
from avdf.stress import measure
from avdf.stress.measure import stress
from avdf.stress.unfinished import Unfinished


def rates(run: RunFolder) -> pd.DataFrame:
    return pd.read_csv(run.stress_csv, dtype={"seen_in_training": str})


def test_the_table_has_the_columns_of_the_contract_and_three_metrics_per_condition(small_test, tmp_path):
    run = RunFolder(tmp_path / "run")
    stress(small_test, run)
    table = rates(run)
    assert list(table) == [
        *("condition", "metric", "value", "ci_low", "ci_high", "num_clips", "num_identities"),
        "seen_in_training",
    ]
    names = ["clean", "gain_minus_15_db", "white_noise_10_db", "a_law", "excerpt_1_s"]
    assert list(table["condition"].unique()) == names
    assert table["metric"].tolist() == ["fpr", "fnr", "auc"] * 5
    assert (table["num_identities"] == 6).all()
    assert table["num_clips"].tolist() == [18, 18, 36] * 5
    assert table["seen_in_training"].tolist() == ["true"] * 3 + ["false"] * 12
    assert ((table["ci_low"] <= table["value"]) & (table["value"] <= table["ci_high"])).all()


def test_the_rates_follow_from_the_scores_at_the_frozen_threshold(small_test, tmp_path):
    run = RunFolder(tmp_path / "run")
    middle = float(np.median(_clean_scores(small_test, tmp_path)))
    stress(replace(small_test, threshold=Threshold(value=middle)), run)
    scores, table = pd.read_csv(run.stress / "scores.csv"), rates(run).set_index(["condition", "metric"])
    for name, rows in scores.groupby("condition"):
        called, fake = rows["score"] >= middle, rows["is_fake"] == 1
        assert table.loc[(name, "fpr"), "value"] == pytest.approx(called[~fake].mean())
        assert table.loc[(name, "fnr"), "value"] == pytest.approx(1 - called[fake].mean())
        wins = rows["score"][fake].to_numpy()[:, None] > rows["score"][~fake].to_numpy()
        assert table.loc[(name, "auc"), "value"] == pytest.approx(wins.mean())


def _clean_scores(small_test, folder) -> np.ndarray:
    run = RunFolder(folder / "clean")
    stress(replace(small_test, conditions=small_test.conditions[:1]), run)
    return pd.read_csv(run.stress / "scores.csv")["score"].to_numpy()


def test_a_detector_that_gives_every_clip_one_score_is_at_chance_everywhere(small_test, tmp_path):
    deaf = build_detector(MODEL, RATE_HZ, 0.5).eval()
    for weight in deaf.fusion.parameters():
        weight.data.zero_()
    run = RunFolder(tmp_path / "run")
    stress(replace(small_test, detector=deaf), run)
    table = rates(run)
    assert (table["value"][table["metric"] == "auc"] == 0.5).all()
    assert (table["value"][table["metric"] == "fpr"] == 1).all()  # a score of 0.5 at a threshold of 0.5


def test_the_same_seed_gives_the_same_bytes(small_test, tmp_path):
    for name in ("first", "again"):
        stress(small_test, RunFolder(tmp_path / name))
    for file in ("stress.csv", "stress/stress.json", "stress/scores.csv", "stress/stress.html"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()


def test_an_interrupted_test_keeps_what_was_finished(small_test, tmp_path, monkeypatch):
    run, whole = RunFolder(tmp_path / "run"), RunFolder(tmp_path / "whole")
    stress(small_test, whole)
    asked = []

    def stopped(detector, clips, conditions, how, *, seed):
        for number, result in enumerate(ordinary(detector, clips, conditions, how, seed=seed)):
            asked.append(result[0].name)
            yield result
            if number == 1 and len(asked) == 2:
                raise KeyboardInterrupt

    ordinary = measure.scores_through
    monkeypatch.setattr(measure, "scores_through", stopped)
    with pytest.raises(KeyboardInterrupt):
        stress(small_test, run)
    assert not run.stress_csv.exists()
    assert not run.stress.exists()
    stress(small_test, run)
    assert asked == ["clean", "gain_minus_15_db", "white_noise_10_db", "a_law", "excerpt_1_s"]
    assert run.stress_csv.read_bytes() == whole.stress_csv.read_bytes()
    assert not run.stress_unfinished_csv.exists()


@pytest.mark.parametrize(("key", "clips"), [("other", ["a", "b"]), ("key", ["b", "a"]), ("key", ["a"])])
def test_what_another_test_had_finished_is_not_kept(tmp_path, key, clips):
    path = tmp_path / "unfinished.csv"
    Unfinished(path, "key", ["a", "b"]).write({"clean": np.array([0.1, 1 / 3])})
    kept = Unfinished(path, "key", ["a", "b"]).read()
    assert kept["clean"].tolist() == [0.1, 1 / 3]
    assert Unfinished(path, key, clips).read() == {}


@pytest.mark.parametrize("text", ["no table", "key,condition,clip,score\nkey,clean,a,nan\n", "\0", ""])
def test_a_damaged_file_of_unfinished_scores_is_not_read(tmp_path, text):
    path = tmp_path / "unfinished.csv"
    path.write_text(text)
    assert Unfinished(path, "key", ["a"]).read() == {}


def test_what_training_has_had_is_empty_where_nobody_knows(small_test, tmp_path):
    run = RunFolder(tmp_path / "run")
    stress(replace(small_test, heard=None), run)
    assert rates(run)["seen_in_training"].fillna("").tolist() == ["true"] * 3 + [""] * 12
    assert (
        "Which of these channels training has had is not known."
        in read_json(run.stress_json)["digest"]["sentences"]
    )


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        (None, "Whether training has had this channel is not known."),
        (frozenset(), "Training has not had this channel."),
        (frozenset({"gain"}), "Training has had this channel."),
    ],
)
def test_the_words_on_one_channel_are_of_one(small_test, tmp_path, heard, said):
    one = replace(small_test, conditions=small_test.conditions[:2], heard=heard)
    sentences = stress(one, RunFolder(tmp_path / "run"))["digest"]["sentences"]
    assert sentences[-1] == said
    assert not any("channels" in sentence for sentence in sentences)


def test_a_codec_that_ffmpeg_lacks_is_left_out_with_its_reason(small_test, tmp_path, monkeypatch):
    monkeypatch.setattr("avdf.channels.codec.is_available", lambda codec: codec != "a_law")
    run = RunFolder(tmp_path / "run")
    content = stress(small_test, run)
    assert "a_law" not in set(rates(run)["condition"])
    [row] = content["not_measured"]
    assert row["condition"] == "a_law"
    assert "the FFmpeg of PyAV has no a_law" in row["reason"]
    assert row["reason"] in run.stress_html.read_text("utf-8")


def test_a_page_escapes_what_comes_from_the_data(small_test, tmp_path):
    run = RunFolder(tmp_path / "run")
    stress(replace(small_test, warnings=["<script>x</script>"], source="<b>"), run)
    page = run.stress_html.read_text("utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "(&lt;b&gt;)" in page
