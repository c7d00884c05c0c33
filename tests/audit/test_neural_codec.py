"""Real speech after a neural codec: its label by the policy, and the share of it that is called fake."""

import pandas as pd
import pytest
from making.made_scores import made_scores

from avdf.audit.content import audit_content
from avdf.audit.folder import write_audit
from avdf.audit.sources import audit_input_of
from avdf.data.clips import is_fake, with_policy
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import given_threshold


def audited(table: pd.DataFrame):
    checked = CheckedScores.of(table, ("race", "gender"))
    return audit_input_of(checked, given_threshold(0.5), ("race", "gender"), run=None)


def marked(num_people: int, num_called: int, *, is_fake: int) -> pd.DataFrame:
    """A table of 40 people and, of the first `num_people`, a coded clip each, `num_called` above 0.5."""
    table = made_scores(40, 2)
    coded = table[table["split"] == "test"].drop_duplicates("identity").head(num_people).copy()
    coded["score"] = [0.9] * num_called + [0.1] * (num_people - num_called)
    coded = coded.assign(is_fake=is_fake, clip=[f"coded-{number}" for number in range(num_people)])
    return pd.concat([table.assign(neural_codec=0), coded.assign(neural_codec=1)], ignore_index=True)


@pytest.mark.parametrize(("label", "counts_as"), [(0, "bona_fide"), (1, "fake")])
def test_the_share_called_fake_is_3_of_10_whatever_such_clips_count_as(label: int, counts_as: str):
    row = audit_content(audited(marked(10, 3, is_fake=label)), seed=0)["neural_codec"]
    assert (row["value"], row["num_clips"], row["num_identities"]) == (0.3, 10, 10)
    assert row["ci"][0] < 0.3 < row["ci"][1]
    assert row["counts_as"] == counts_as


def test_marks_that_were_read_from_a_csv_as_text_count_as_well():
    table = marked(10, 3, is_fake=0)
    text = table.assign(neural_codec=table["neural_codec"].map({0: "0", 1: "1"}))
    assert audit_content(audited(text), seed=0)["neural_codec"]["value"] == 0.3


def test_without_a_marked_clip_the_page_says_that_it_was_not_measured(tmp_path):
    reason = "no clip is marked in a column neural_codec"
    row = write_audit(audited(made_scores(40, 2)), tmp_path / "audit")["neural_codec"]
    assert (row["value"], row["reason"]) == (None, reason)
    assert f"Not measured: {reason}" in (tmp_path / "audit" / "audit.html").read_text("utf-8")


def test_four_people_are_not_enough_for_a_share(tmp_path):
    row = write_audit(audited(marked(4, 1, is_fake=0)), tmp_path / "audit")["neural_codec"]
    assert (row["value"], row["num_clips"], row["status"]) == (None, 4, "suppressed")
    page = (tmp_path / "audit" / "audit.html").read_text("utf-8")
    assert "Not enough data: 4 such clips of 4 people" in page


def test_the_policy_labels_the_marked_clips_alone_and_names_their_attack():
    clips = pd.DataFrame(
        {
            "audio_fake": [0, 1, 0, 1],
            "video_fake": 0,
            "audio_attack": ["", "vits", "", "encodec"],
            "neural_codec": [0, 0, 1, 1],
        }
    )
    fake, bona_fide = (with_policy(clips, policy) for policy in ("fake", "bona_fide"))
    assert is_fake(fake, "audio").tolist() == [False, True, True, True]
    assert fake["audio_attack"].tolist() == ["", "vits", "neural codec", "encodec"]
    assert is_fake(bona_fide, "audio").tolist() == [False, True, False, False]
    assert bona_fide["audio_attack"].tolist() == ["", "vits", "", ""]
    unmarked = clips.drop(columns="neural_codec")
    assert with_policy(unmarked, "fake") is unmarked
