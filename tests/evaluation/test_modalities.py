"""Rows of a detector of sound and picture: each score against its own label, and type by type."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from avdf.evaluation.modalities import SCORES, modality_rows
from avdf.evaluation.scores import CheckedScores


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """8 people with 2 clips of each type; the heads are right about their modality and guess otherwise."""
    rng = np.random.default_rng(0)
    rows = []
    for person in range(8):
        for audio, video in ((0, 0), (1, 0), (0, 1), (1, 1)) * 2:
            name = {(0, 0): "A", (1, 0): "B", (0, 1): "C", (1, 1): "D"}[audio, video]
            guesses = rng.uniform(0, 0.5, 5)
            rows.append(
                {
                    "clip": f"{person}/{len(rows)}.mp4",
                    "split": "test",
                    "is_fake": audio | video,
                    "score": guesses[0] + 0.5 * (audio | video),
                    "identity": f"p{person}",
                    "race": "African",
                    "type": name,
                    "method": name,
                    "audio_attack": "tts" if audio else "",
                    "video_attack": "swap" if video else "",
                    "score_audio_alone": guesses[1] + 0.5 * audio,
                    "score_video_alone": guesses[2] + 0.5 * video,
                    "score_audio": guesses[3] + 0.5 * audio,
                    "score_video": guesses[4] + 0.5 * video,
                }
            )
    return CheckedScores.of(pd.DataFrame(rows), ["race"]).of_split("test").table


def test_every_score_has_a_row_for_all_clips_and_one_per_type_of_fake(table):
    rows = modality_rows(table, 0)
    assert [(row["score"], row["type"]) for row in rows] == [
        (score, name) for score in SCORES for name in ("all", "B", "C", "D")
    ]
    assert {row["num_identities"] for row in rows} == {8}
    for row in rows:
        wanted = {"score": "audio video", "score_audio": "audio", "score_video": "video"}.get(
            row["score"], "audio video"
        )
        if row["type"] == "all":
            is_fake = sum((table[f"{name}_attack"] != "").to_numpy(int) for name in wanted.split()) > 0
            chosen = np.ones(len(table), bool)
        else:
            is_fake = (table["type"] == row["type"]).to_numpy()
            chosen = is_fake | (table["type"] == "A").to_numpy()
        expected = roc_auc_score(is_fake[chosen], table[row["score"]][chosen])
        assert row["auc"] == pytest.approx(expected)
        assert row["ci"]["auc"][0] <= expected <= row["ci"]["auc"][1]


def test_a_head_is_right_about_its_own_modality_and_guesses_about_the_other(table):
    auc = {(row["score"], row["type"]): row["auc"] for row in modality_rows(table, 0)}
    assert auc["score_audio", "all"] == auc["score_audio", "B"] == auc["score_video", "C"] == 1.0
    # 16 clips against 16: the standard error of a guess is .1
    assert abs(auc["score_audio", "C"] - 0.5) < 0.3
    assert abs(auc["score_video", "B"] - 0.5) < 0.3
    assert auc["score_audio_alone", "all"] < 1.0  # it is to find C as well


def test_a_table_of_a_detector_that_only_hears_has_no_such_rows(table):
    heard = table.drop(columns=[name for name in SCORES if name != "score"])
    assert modality_rows(heard, 0) == []
    assert modality_rows(table.drop(columns="video_attack"), 0) == []


def test_a_type_of_fewer_than_five_people_has_counts_only(table):
    few = table[(table["type"] != "C") | (table["identity"].isin(["p0", "p1"]))]
    (row,) = [row for row in modality_rows(few, 0) if (row["score"], row["type"]) == ("score", "C")]
    assert (row["num_clips"], row["num_identities"], row["auc"]) == (4, 2, None)
    assert row["reason"]
