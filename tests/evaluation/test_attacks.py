"""Attack by attack: each against all real clips, over people; by hand, by rows, and by drawn people."""

import numpy as np
import pandas as pd
import pytest
from making.attacks import attacked
from making.plain_metrics import plain_metrics

from avdf.evaluation.attack_names import attack_of_fakes
from avdf.evaluation.attacks import SeenAttacks
from avdf.evaluation.bootstrap import interval, random_stream
from avdf.evaluation.intervals import rate_interval
from avdf.evaluation.scores import CheckedScores, TableOptions
from avdf.evaluation.summary import measure, score_splits_of
from avdf.evaluation.threshold import given_threshold


def rows_of(table: pd.DataFrame) -> dict[str, dict]:
    splits = score_splits_of(CheckedScores.of(table), given_threshold(0.5))
    return {row["attack"]: row for row in splits["test"].attacks}


def test_the_metrics_are_those_of_the_fakes_of_one_attack_and_all_real_clips():
    table = attacked()
    rows = rows_of(table)
    for name in ("loud", "quiet"):
        alone = table[table["audio_attack"].isin(["", name])]
        expected = plain_metrics(alone["is_fake"], alone["score"], 0.5)
        for metric in ("eer", "auc", "min_dcf", "fnr"):
            assert rows[name][metric] == pytest.approx(expected[metric], abs=1e-12), metric
        missed = (table["score"] < 0.5)[table["audio_attack"] == name].groupby(table["identity"]).sum()
        rate = rate_interval(missed.to_numpy(float), np.full(24, 2.0))
        assert rows[name]["ci"]["fnr"] == [rate.low, rate.high]
        assert (rows[name]["num_clips"], rows[name]["num_identities"]) == (48, 24)


def test_an_interval_is_that_of_people_drawn_with_all_of_their_clips():
    table = attacked(num_people=24)
    people = sorted(set(table["identity"]))
    drawn = {profile: random_stream(0, "bootstrap", profile) for profile in ("several",)}
    chosen = drawn["several"].integers(0, 24, size=(2000, 24))
    alone = table[table["audio_attack"].isin(["", "quiet"])]
    of_person = [alone[alone["identity"] == name] for name in people]
    aucs = []
    for draw in range(2000):
        rows = [of_person[who] for who in chosen[draw]]
        fake = np.concatenate([item["is_fake"].to_numpy() for item in rows]) == 1
        score = np.concatenate([item["score"].to_numpy() for item in rows])
        ordered = np.sort(score[~fake])
        below, up_to = (np.searchsorted(ordered, score[fake], side=side) for side in ("left", "right"))
        aucs.append((below + up_to).mean() / (2 * len(ordered)))
    assert rows_of(table)["quiet"]["ci"]["auc"] == pytest.approx(interval(np.array(aucs)), abs=1e-12)


def test_the_worst_attack_is_first_and_one_of_four_people_has_counts_only():
    rows = list(rows_of(attacked()).values())
    assert [row["attack"] for row in rows] == ["quiet", "loud", "rare"]
    assert rows[0]["eer"] > rows[1]["eer"]
    assert (rows[2]["status"], rows[2]["num_clips"], rows[2]["eer"]) == ("suppressed", 4, None)
    assert rows[2]["ci"]["eer"] == [None, None]


def test_copies_of_all_clips_change_no_interval():
    table = attacked()
    once, often = rows_of(table), rows_of(pd.concat([table] * 20))
    for metric in ("eer", "auc", "min_dcf", "fnr"):
        assert often["quiet"]["ci"][metric] == pytest.approx(once["quiet"]["ci"][metric], abs=1e-9)


def test_a_fake_whose_attack_is_not_known_is_of_the_attack_unknown():
    table = attacked()
    table.loc[table.index[table["audio_attack"] == "loud"][:30], "audio_attack"] = "-"
    assert rows_of(table)["unknown"]["num_clips"] == 30


@pytest.mark.parametrize(
    ("is_fake", "attacks"),
    [
        ([0, 1, 0, 1], ["", "tts", "", "tts"]),  # audio
        ([0, 0, 1, 1], ["", "", "swap", "lips"]),  # video
        ([0, 1, 1, 1], ["", "tts", "swap", "tts+lips"]),  # any
    ],
)
def test_the_attack_is_that_of_the_sound_or_of_the_picture_as_the_labels_say(is_fake, attacks):
    table = pd.DataFrame(
        {"is_fake": is_fake, "audio_attack": ["", "tts", "", "tts"], "video_attack": ["", "", "swap", "lips"]}
    )
    assert attack_of_fakes(table).tolist() == attacks


def test_another_column_can_be_named_and_a_table_may_have_none():
    table = attacked().rename(columns={"audio_attack": "system"})
    assert rows_of(table) == {}
    assert (
        "attacks"
        not in measure(score_splits_of(CheckedScores.of(table), given_threshold(0.5)), given_threshold(0.5))[
            "splits"
        ]["test"]
    )
    checked = CheckedScores.with_options(table, TableOptions(attack="system"))
    splits = score_splits_of(checked, given_threshold(0.5))
    metrics = measure(splits, given_threshold(0.5), SeenAttacks(names=frozenset({"loud"})))["splits"]["test"][
        "attacks"
    ]
    assert {row["attack"]: row["seen_in_training"] for row in metrics} == {
        "quiet": False,
        "loud": True,
        "rare": False,
    }
