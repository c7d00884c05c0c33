"""An audit of clips in which one person is seen and another heard says whose groups it uses."""

import json

import pandas as pd
import pytest
from making.clip_tables import clip
from making.made_scores import made_scores

from avdf.audit.content import audit_content
from avdf.audit.page.page import render
from avdf.audit.sources import AuditInput
from avdf.data.clips import is_fake
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import given_threshold
from avdf.files import json_text
from avdf.scoring import score_table

CLIPS = pd.DataFrame([clip(0, "A", "id00001"), clip(1, "C", "id00001") | {"voice": "id00002"}])


@pytest.mark.parametrize(("target", "whose"), [("video", "face"), ("any", "voice")])
def test_the_identity_is_the_face_of_video_and_the_voice_else_and_both_are_given(target: str, whose: str):
    table = score_table(CLIPS, "test", is_fake(CLIPS, target), [0.1, 0.9], target)
    assert table["face"].tolist() == ["id00001", "id00001"]
    assert table["voice"].tolist() == ["id00001", "id00002"]
    assert table["identity"].tolist() == table[whose].tolist()


def test_a_table_of_sound_alone_has_no_such_columns():
    table = score_table(CLIPS, "test", is_fake(CLIPS, "audio"), [0.1, 0.9], "audio")
    assert not {"face", "voice"} & set(table)
    assert table["identity"].tolist() == ["id00001", "id00002"]


def two_people(of: str) -> AuditInput:
    """Scores of 40 test people, 8 clips each, of which every fourth has the voice of somebody else."""
    scores = made_scores()
    lent = [f"id9{number:04d}" if number % 4 == 0 else name for number, name in enumerate(scores["identity"])]
    scores = scores.assign(face=scores["identity"], voice=lent)
    if of == "voice":
        scores = scores.assign(face=scores["voice"], voice=scores["identity"])
    return AuditInput(
        scores=CheckedScores.of(scores, ("race",)), threshold=given_threshold(0.5), groups=("race",)
    )


@pytest.mark.parametrize(("of", "words"), [("face", "whose face is seen"), ("voice", "whose voice is heard")])
def test_the_audit_counts_clips_of_two_people_and_says_of_whom_its_groups_are(of: str, words: str):
    content = json.loads(json_text(audit_content(two_people(of), seed=0)))
    # 40 of 60 people test, 8 clips each, a quarter of the clips is of two people
    assert {key: content["people"][key] for key in ("of", "num_with_two", "num_clips")} == {
        "of": of,
        "num_with_two": 80,
        "num_clips": 320,
    }
    sentence = f"Groups and intervals are of the person {words}. In 80 of 320 test clips the person seen"
    assert content["people"]["text"].startswith(sentence)
    sections = ("rates", "gaps", "threshold", "scores", "attacks", "methods", "shortcuts")
    assert sentence in render("page.html", audit=content, drawings={name: [] for name in sections})


def test_a_table_that_does_not_say_who_is_seen_has_no_such_sentence():
    scores = CheckedScores.of(made_scores(), ("race",))
    audit_input = AuditInput(scores=scores, threshold=given_threshold(0.5), groups=("race",))
    assert "people" not in audit_content(audit_input, seed=0)


def test_nothing_is_said_where_everybody_seen_is_heard():
    scores = made_scores()
    scores = scores.assign(face=scores["identity"], voice=scores["identity"])
    checked = CheckedScores.of(scores, ("race",))
    audit_input = AuditInput(scores=checked, threshold=given_threshold(0.5), groups=("race",))
    assert "people" not in audit_content(audit_input, seed=0)
