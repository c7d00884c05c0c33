"""Score tables of others without conversion: names of columns, words for fake, no header, no people."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.made_scores import made_scores
from making.score_tables import options, saved

import avdf
from avdf.audit.content import audit_content
from avdf.audit.options import AuditOptions
from avdf.audit.sources import read_audit_input
from avdf.errors import TableError, UserError
from avdf.evaluation.protocol_join import Protocol, with_protocol
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.scores import CheckedScores
from avdf.files import json_text

NAMED = {"is_fake": "key", "score": "cm-score", "identity": "speaker"}


def of_others(scores: pd.DataFrame) -> pd.DataFrame:
    words = np.where(scores["is_fake"] == 1, "spoof", "bonafide")
    return scores.assign(is_fake=words).rename(columns=NAMED)


def content_of(path: Path, **changes) -> str:
    content = audit_content(read_audit_input(path, options(**changes)), 0)
    return json_text({key: value for key, value in content.items() if key != "settings"})


@pytest.mark.parametrize("how", [{}, {"sep": ";", "decimal": ","}, {"sep": "\t"}])
def test_a_table_with_other_names_gives_the_audit_of_the_converted_table(tmp_path, how):
    scores = made_scores(24, 4)
    expected = content_of(saved(scores, tmp_path))
    path = saved(of_others(scores), tmp_path, "others.txt", **how)
    packed = tmp_path / "others.txt.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    columns = {"score": "cm-score", "label": "key", "identity": "speaker"}
    for given in (path, packed):
        assert content_of(given, **columns) == expected
        assert content_of(given, **columns, fake=("spoof",)) == expected


def test_a_parquet_table_gives_the_audit_of_the_same_csv(tmp_path):
    scores = made_scores(24, 4).assign(is_fake=lambda table: table["is_fake"] == 1)
    scores.loc[scores.index[:3], "score"] = None  # no score: not covered
    scores["race"] = scores["race"].astype("category")
    expected = content_of(saved(scores, tmp_path))
    packed = tmp_path / "scores.parquet"
    scores.to_parquet(packed)
    assert content_of(packed) == expected
    renamed = tmp_path / "renamed.parquet"
    of_others(scores).to_parquet(renamed)
    columns = {"score": "cm-score", "label": "key", "identity": "speaker", "fake": ("spoof",)}
    assert content_of(renamed, **columns) == expected


def test_a_data_frame_takes_the_same_options():
    scores = made_scores(24, 4)
    given = AuditOptions(score="cm-score", label="key", fake=("spoof",), identity="speaker")
    report = avdf.audit_scores(of_others(scores), threshold=0.5, options=given)
    assert report.overall == avdf.audit_scores(scores, threshold=0.5).overall


@pytest.mark.parametrize(
    ("labels", "fake", "expected"),
    [
        (["A01", "A02", "bonafide"], ("A01", "A02"), [1, 1, 0]),
        (["0", "1", "1"], ("0",), [1, 0, 0]),  # 1 is bona fide in many tables
        (["made", "Made", "found"], ("made",), [1, 1, 0]),
        ([1.0, 0.0, 1.0], ("1",), [1, 0, 1]),
    ],
)
def test_values_that_mean_fake_are_named_by_the_user(labels, fake, expected):
    table = pd.DataFrame({"label": labels, "score": [0.1, 0.2, 0.3], "identity": list("abc")})
    given = AuditOptions(label="label", fake=fake)
    assert avdf.audit_scores(table, threshold=0.5, options=given).overall["num_fake"] == sum(expected)


@pytest.mark.parametrize(
    ("labels", "fake", "message"),
    [
        (
            ["spoof", "real", "hidden"],
            ("spoof",),
            r"label: 'hidden' \(1 rows\) is neither 'spoof' nor a word",
        ),
        (["spoof", "fake", "fake"], ("spoof",), r"label: 'fake' \(2 rows\) is neither 'spoof' nor"),
        (["spoof", "real", ""], ("spoof",), r"label must say what each clip is; row 3"),
        (["spoof", "real", "real"], ("Fake",), r"--fake Fake: no row has it.*\(have: 'real', 'spoof'\)"),
        (
            ["spoof", "real", "robot"],
            (),
            r"is_fake must be 0 .*\(is_fake=robot\); name other values that mean",
        ),
    ],
)
def test_labels_that_are_neither_are_refused_by_name(labels, fake, message):
    table = pd.DataFrame({"label": labels, "score": [0.1, 0.2, 0.3], "identity": list("abc")})
    with pytest.raises(TableError, match=message):
        avdf.audit_scores(table, threshold=0.5, options=AuditOptions(label="label", fake=fake))


def test_a_column_that_is_not_there_is_answered_with_the_nearest(tmp_path):
    path = saved(of_others(made_scores(6, 2)), tmp_path)
    with pytest.raises(
        TableError, match=r"scores.csv: --score: no column 'cm_score', did you mean 'cm-score'"
    ):
        read_audit_input(path, options(score="cm_score", label="key", identity="speaker"))
    with pytest.raises(UserError, match="score and label must be two columns"):
        AuditOptions(score="key", label="key")


@pytest.mark.parametrize(
    ("lines", "columns"),
    [
        ("E_1 2.31\nE_2 -3.2\n", ["clip", "score"]),
        ("E_1 bonafide 2.31\nE_2 spoof -3.2\n", ["clip", "is_fake", "score"]),
        ("E_1 - bonafide 2.31\nE_2 A07 spoof -3.2\n", ["clip", "audio_attack", "is_fake", "score"]),
        ("E_1,-,bona-fide,2.31\nE_2,A07,Spoof,-3.2\n", ["clip", "audio_attack", "is_fake", "score"]),
    ],
)
def test_a_score_file_of_asvspoof_has_no_header(tmp_path, lines, columns):
    path = tmp_path / "scores.txt"
    path.write_text(lines)
    table = read_scores(path)
    assert list(table.columns) == columns
    assert table["clip"].tolist() == ["E_1", "E_2"]
    assert table["score"].tolist() == [2.31, -3.2]
    given = AuditOptions(threshold=0.0, higher_is="bonafide")
    if "is_fake" in columns:
        checked = read_audit_input(path, given).scores
        assert checked.table.set_index("clip")["is_fake"].to_dict() == {"E_1": False, "E_2": True}
    else:
        with pytest.raises(TableError, match="name the list that has the labels with --protocol FILE"):
            read_audit_input(path, given)


def test_without_people_each_clip_is_one_and_the_first_warning_says_so():
    scores = made_scores(24, 4)
    lone = avdf.audit_scores(scores.drop(columns="identity"), threshold=0.5)
    named = avdf.audit_scores(scores, threshold=0.5, identity="clip")
    assert lone.overall == named.overall
    assert "each clip is taken as a person" in lone.warnings[0]
    assert "intervals are too narrow" in lone.warnings[0]
    assert lone.overall["num_identities"] == 64


LISTED = pd.DataFrame(
    {
        "clip": ["flac_E/E_1.flac", "flac_E/E_2.flac", "flac_E/E_3.flac"],
        "is_fake": [0, 1, 1],
        "identity": ["a", "b", "b"],
        "gender": ["men", "women", "women"],
    }
)

PROTOCOL = Protocol(LISTED)


def test_scores_are_joined_with_a_protocol_by_name_and_the_rest_has_no_score():
    scores = pd.DataFrame({"clip": ["E_2", "E_1", "E_9"], "score": [0.9, 0.2, 0.5]})
    joined, warnings = with_protocol(scores, PROTOCOL)
    assert joined["score"].tolist()[:2] == [0.2, 0.9]
    assert CheckedScores.of(joined, ("gender",)).unscored["clip"].tolist() == ["flac_E/E_3.flac"]
    assert warnings == ("1 scores are of clips that the protocol does not list: E_9.",)
    given = AuditOptions(protocol=PROTOCOL, groups=("gender",))
    report = avdf.audit_scores(scores, threshold=0.5, options=given)
    assert report.content["coverage"][0]["num_clips"] == 3
    assert warnings[0] in report.warnings


def test_a_protocol_of_other_clips_and_clips_with_two_scores_are_refused():
    with pytest.raises(TableError, match=r"no clip of the scores is in the protocol .*'x' and 'flac_E/E_1"):
        with_protocol(pd.DataFrame({"clip": ["x"], "score": [0.5]}), PROTOCOL)
    twice = pd.DataFrame({"clip": ["E_1", "E_1"], "score": [0.5, 0.6]})
    with pytest.raises(TableError, match="1 clips have more than one score: E_1"):
        with_protocol(twice, PROTOCOL)
    alike = pd.concat([LISTED, LISTED.assign(clip=LISTED["clip"].str.replace("_E/", "_D/"))])
    with pytest.raises(TableError, match="differ in their folders alone"):
        with_protocol(pd.DataFrame({"clip": ["E_1"], "score": [0.5]}), Protocol(alike))
    with pytest.raises(UserError, match="the protocol has the labels"):
        AuditOptions(protocol=PROTOCOL, label="key")
