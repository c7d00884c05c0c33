"""Score tables in common formats: read if unambiguous, otherwise refused with the remedy."""

import gzip
import re

import numpy as np
import pandas as pd
import pytest
from making.made_scores import check_scores, made_scores
from making.score_tables import GROUPS, options, saved, warnings_of

from avdf.audit.comparison import comparison_content
from avdf.audit.content import audit_content
from avdf.audit.sources import read_audit_input
from avdf.errors import TableError, UserError
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.scores import CheckedScores, TableOptions


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_and_encodings_give_the_same_table(tmp_path, separator, encoding):
    scores = made_scores(6, 2)
    plain = read_scores(saved(scores, tmp_path, "plain.csv"))
    path = saved(scores, tmp_path, sep=separator, encoding=encoding)
    pd.testing.assert_frame_equal(read_scores(path), plain)
    packed = tmp_path / "scores.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    pd.testing.assert_frame_equal(read_scores(packed), plain)


def test_decimal_commas_are_numbers(tmp_path):
    path = saved(made_scores(6, 2), tmp_path, sep=";", decimal=",")
    assert ",9" in path.read_text() or ",8" in path.read_text()
    pd.testing.assert_frame_equal(read_scores(path), read_scores(saved(made_scores(6, 2), tmp_path, "p.csv")))


def test_a_comma_at_the_end_of_each_line_shifts_no_column(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("clip,is_fake,score,identity\na,1,0.75,x,\nb,0,0.25,y,\n")
    assert read_scores(path)["score"].tolist() == [0.75, 0.25]
    path.write_text("clip,is_fake,score,identity,\na,1,0.75,x,\nb,0,0.25,y,\n")
    assert list(read_scores(path).columns) == ["clip", "is_fake", "score", "identity"]
    path.write_text("clip,is_fake,score,identity\na,1,0.75,x\nb,0,0.25,Miller, Ann\n")
    with pytest.raises(TableError, match="Expected 4 fields in line 3, saw 5"):
        read_scores(path)
    path.write_text("clip,is_fake,score,identity\na,1,0.75,Smith, Eve\nb,0,0.25,Miller, Ann\n")
    with pytest.raises(TableError, match=r"2 rows have more fields than the header has names, first row 1"):
        read_scores(path)


def test_spaces_around_the_names_of_columns_do_not_count(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("clip, is_fake, score, identity\na,1,0.75,x\n")
    assert list(read_scores(path).columns) == ["clip", "is_fake", "score", "identity"]


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("clip,is_fake,score,identity,score\na,1,0.5,x,0.9\n")
    with pytest.raises(TableError, match="two columns are called 'score'; rename or remove one of them"):
        read_scores(path)
    twice = made_scores(2, 2)[["is_fake", "score", "score", "identity"]]
    with pytest.raises(TableError, match="two columns are called 'score'"):
        check_scores(twice)


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"PAR1\x15\x04", "can't be read as Parquet"),
        (b"  \n<!DOCTYPE html>", "it is a page of HTML or XML"),
        (b"PK\x03\x04\x14", "it is a zip archive or an Excel workbook"),
        (b"\x80\x04\x95", "it is a pickle, which is never loaded"),
        (b'[{"clip": "a"}]', "it is JSON; write it as CSV"),
        (b"caf\xe9,score\n", "it is not UTF-8; save it as UTF-8"),
        (b"\x1f\x8b\x08\x00cut", "can't be unpacked as gzip"),
    ],
)
def test_a_file_in_another_format_is_named(tmp_path, start, what):
    path = tmp_path / "scores.csv"
    path.write_bytes(start)
    with pytest.raises(TableError, match=re.escape(what)):
        read_scores(path)


@pytest.mark.parametrize(
    ("real", "fake"),
    [
        ("real", "fake"),
        ("bonafide", "spoof"),
        ("bona-fide", "Spoof"),
        ("Bona Fide", "spoofed"),
        ("genuine", "FAKE"),
    ],
)
def test_labels_in_words_are_understood(real, fake):
    scores = made_scores(6, 2)
    labels = np.where(scores["is_fake"] == 1, fake, real)
    pd.testing.assert_frame_equal(check_scores(scores.assign(is_fake=labels)), check_scores(scores))


def test_a_column_called_label_is_named_in_the_remedy():
    scores = made_scores(2, 2).rename(columns={"is_fake": "label"})
    with pytest.raises(TableError, match=r"no column 'is_fake'.*; name it with --label label"):
        check_scores(scores)


def test_a_clip_that_is_real_and_fake_is_refused_by_name():
    scores = made_scores(30)
    doubled = scores[scores["split"] == "test"].head(20)
    both = pd.concat([scores, doubled.assign(is_fake=1 - doubled["is_fake"])])
    with pytest.raises(TableError, match=r"20 clips are listed as real and as fake: clip00080.* 15 more"):
        check_scores(both)


def test_a_clip_with_two_scores_is_warned_of_with_the_number(tmp_path):
    scores = made_scores(30)
    doubled = scores[scores["split"] == "test"].head(3)
    path = saved(pd.concat([scores, doubled.assign(score=0.5)]), tmp_path)
    (line,) = [line for line in warnings_of(path) if "listed more than once" in line]
    assert line.startswith(
        "3 clips are listed more than once, 3 of them with different scores (clip00080.mp4"
    )
    again = saved(pd.concat([scores, doubled]), tmp_path, "again.csv")
    assert any(
        "3 clips are listed more than once, with the same score" in line for line in warnings_of(again)
    )


def test_a_clip_listed_once_per_run_is_not_warned_of():
    scores = made_scores(12, 4)
    runs = pd.concat([scores.assign(seed=seed, score=scores["score"] / (seed + 1)) for seed in (0, 1)])
    assert CheckedScores.of(runs).warnings == ()


def test_scores_upside_down_are_the_first_warning_with_the_remedy(tmp_path):
    scores = made_scores(60)
    path = saved(scores.assign(score=1 - scores["score"]), tmp_path)
    first = warnings_of(path)[0]
    assert first.startswith("The scores seem to be upside down: AUC 0.0")
    assert "--higher-is bonafide" in first
    assert not any("upside down" in line for line in warnings_of(saved(scores, tmp_path)))
    guessed = scores.assign(score=np.random.default_rng(0).random(len(scores)))
    assert not any("upside down" in line for line in warnings_of(saved(guessed, tmp_path)))


def test_a_table_that_was_reversed_by_mistake_is_not_advised_to_be_reversed(tmp_path):
    first = warnings_of(saved(made_scores(), tmp_path), higher_is="bonafide")[0]
    assert first.startswith("The scores seem to be upside down")
    assert "leave out --higher-is bonafide" in first
    assert "audit it with --higher-is" not in first


@pytest.mark.parametrize("scale", ["probability", "logit"])
def test_higher_is_bonafide_gives_the_audit_of_the_reversed_scores(tmp_path, scale):
    scores = made_scores(60)
    if scale == "logit":
        scores["score"] = np.log(scores["score"] / (1 - scores["score"]))
    limit = 0.4
    flipped = scores.assign(score=1 - scores["score"] if scale == "probability" else -scores["score"])
    # A clip is called fake where the score as given is below the threshold as given.
    given_limit = 1 - limit if scale == "probability" else -limit
    as_is = audit_content(read_audit_input(saved(scores, tmp_path), options(threshold=limit)), 0)
    path = saved(flipped, tmp_path, "reversed.csv")
    content = audit_content(read_audit_input(path, options(threshold=given_limit, higher_is="bonafide")), 0)
    assert any("--higher-is bonafide" in line for line in content["warnings"])
    for metric in ("fpr", "fnr", "auc", "f2", "eer"):
        assert content["overall"][metric] == pytest.approx(as_is["overall"][metric], abs=1e-9), metric
    assert content["gaps"][0]["p"] == as_is["gaps"][0]["p"]


def test_a_clip_at_the_threshold_as_given_stays_bona_fide():
    table = pd.DataFrame({"is_fake": [0, 1, 0], "score": [0.5, 0.25, 0.75], "identity": list("abc")})
    options_ = TableOptions(higher_is="bonafide")
    checked = CheckedScores.with_options(table.assign(threshold=0.5), options_).table
    assert (checked["score"] >= checked["threshold"]).tolist() == [False, True, False]  # of a, b, c
    assert checked["is_fake"].tolist() == [False, True, False]


@pytest.mark.parametrize("name", ["NA", "None", "nan", "null", "N/A"])
def test_words_for_missing_are_names_in_a_column_of_text(tmp_path, name):
    scores = made_scores(30, races=(name, "Asian", ""))
    path = saved(scores, tmp_path)
    checked = read_audit_input(path, options()).scores.table
    assert set(checked["race"]) == {name, "Asian", "unknown"}


def test_words_for_missing_are_blanks_in_a_column_of_numbers():
    scores = made_scores(30, races=("1", "nan", "NA"))
    assert set(check_scores(scores, GROUPS)["race"]) == {"1", "unknown"}


def test_excels_line_with_the_separator_is_understood(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("sep=;\nclip;is_fake;score;identity\na;1;0,75;x\n")
    assert read_scores(path)["score"].tolist() == [0.75]


@pytest.mark.parametrize("column", ["is_fake", "score", "split", "clip"])
def test_a_column_that_is_no_group_of_people_is_refused_as_one(column):
    with pytest.raises(UserError, match=f"--groups {column}: is not a group of people"):
        CheckedScores.of(made_scores(6, 2), (column,))


def test_a_comparison_says_which_of_two_tables_is_upside_down(tmp_path):
    scores = made_scores(60)
    first = read_audit_input(saved(scores, tmp_path), options())
    flipped = scores.assign(score=1 - scores["score"])
    second = read_audit_input(saved(flipped, tmp_path, "reversed.csv"), options())
    lines = comparison_content(first, second, 0)["warnings"]
    assert [line.startswith("Second: The scores seem to be upside down: AUC 0.0") for line in lines] == [True]


def test_a_table_with_too_many_columns_or_bytes_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(",".join(f"c{number}" for number in range(10_001)) + "\n")
    with pytest.raises(TableError, match="has 10001 columns; leave out all but 10000"):
        read_scores(path)
    packed = tmp_path / "scores.csv.gz"
    packed.write_bytes(gzip.compress(b"clip,score\n" + b"a" * 2_000))
    with pytest.raises(TableError, match=r"is larger than 0.001 MB"):
        read_scores(packed, max_bytes=1_000)
