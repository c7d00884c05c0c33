"""The checks of a score table: group names joined, wrong values refused by name, rows put in one order."""

import numpy as np
import pandas as pd
import pytest
from making.made_scores import check_scores

from avdf.errors import TableError
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.scores import CheckedScores, overlapping_identities

ROWS = pd.DataFrame(
    {
        "clip": ["a", "b", "c", "d"],
        "is_fake": [1, 0, 1, 0],
        "score": [0.9, 0.2, 0.7, 0.4],
        "identity": ["x", "x", "y", "y"],
        "race": ["African", "African", "Asian (East)", "Asian (East)"],
    }
)


def test_a_foreign_table_needs_labels_scores_and_identities(tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text("speaker,score,is_fake\n007,0.5,True\n008,0.25,False\n")
    table = check_scores(read_scores(path), identity="speaker")
    assert table["identity"].tolist() == ["007", "008"]
    assert table["is_fake"].tolist() == [True, False]
    assert table["split"].tolist() == ["test", "test"]


def test_without_the_identity_column_the_remedy_is_named():
    with pytest.raises(TableError, match=r"no column 'identity'.*--identity COLUMN"):
        check_scores(ROWS.drop(columns="identity"))
    with pytest.raises(TableError, match=r"no column 'gender'.*--groups"):
        check_scores(ROWS, ["gender"])
    with pytest.raises(TableError, match="no column 'score'"):
        check_scores(ROWS.drop(columns="score"))
    with pytest.raises(TableError, match="no rows"):
        check_scores(ROWS.head(0))


@pytest.mark.parametrize("odd", ["", np.nan, None, "unknown", "unknown ", "Unknown", " UNKNOWN", "-"])
def test_every_blank_group_becomes_unknown_and_no_row_is_lost(odd):
    rows = ROWS.assign(race=["African", "African", odd, ""])
    assert sorted(check_scores(rows, ["race"])["race"]) == ["African", "African", "unknown", "unknown"]


def test_blanks_and_case_make_no_new_group():
    rows = ROWS.assign(race=["African", "african ", "AFRICAN", "African"])
    assert set(check_scores(rows, ["race"])["race"]) == {"African"}


@pytest.mark.parametrize("bad", [np.inf, -np.inf, "many"])
def test_a_score_that_is_not_a_finite_number_names_the_clip(bad):
    rows = ROWS.assign(score=pd.Series([0.9, 0.2, bad, 0.4], dtype=object))
    with pytest.raises(TableError, match=r"score must be a finite number; c \(score="):
        check_scores(rows)
    with pytest.raises(TableError, match="row 3"):
        check_scores(rows.drop(columns="clip"))


def test_an_empty_score_is_kept_apart_and_is_not_an_error(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("clip,is_fake,score,identity\na,1,0.5,x\nb,0,,y\n")
    checked = CheckedScores.of(read_scores(path))
    assert checked.table["clip"].tolist() == ["a"]
    assert checked.unscored["clip"].tolist() == ["b"]
    path.write_text("clip,is_fake,score,identity\na,1,,x\nb,0,nan,y\n")
    with pytest.raises(TableError, match="no clip has a score: all 2 are blank"):
        check_scores(read_scores(path))


@pytest.mark.parametrize("bad", [2, -1, 0.5, "maybe", np.nan])
def test_a_label_other_than_0_and_1_names_the_clip(bad):
    with pytest.raises(TableError, match=r"is_fake must be 0 \(real\) or 1 \(fake\).*; b \(is_fake="):
        check_scores(ROWS.assign(is_fake=pd.Series([1, bad, 1, 0], dtype=object)))


def test_one_person_of_two_races_is_refused_by_name():
    rows = ROWS.assign(identity="x")
    with pytest.raises(TableError, match=r"one race, and these to several: x \(African and Asian \(East\)\)"):
        check_scores(rows, ["race"])
    # A row that lacks its race contradicts nothing.
    check_scores(ROWS.assign(race=["African", "", "Asian (East)", "-"]), ["race"])


def test_a_row_without_an_identity_is_refused():
    with pytest.raises(TableError, match="identity must say who it is in every row; c"):
        check_scores(ROWS.assign(identity=["x", "x", "", "y"]))


def test_the_order_of_rows_does_not_matter():
    shuffled = ROWS.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(check_scores(shuffled, ["race"]), check_scores(ROWS, ["race"]))


def test_people_in_test_and_validation_are_found():
    rows = ROWS.assign(split=["test", "validation", "test", "test"])
    assert overlapping_identities(check_scores(rows)) == ["x"]


def test_identities_that_pandas_read_as_floats_are_whole_numbers_again():
    assert check_scores(ROWS.assign(identity=[1.0, 1.0, 2.0, 2.0]))["identity"].tolist() == [
        "1",
        "1",
        "2",
        "2",
    ]


def test_a_file_that_is_not_a_table_says_so(tmp_path):
    with pytest.raises(TableError, match="no such file"):
        read_scores(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(TableError, match="be read as a CSV"):
        read_scores(tmp_path / "empty.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01" * 9)
    with pytest.raises(TableError, match="be read as a CSV"):
        read_scores(tmp_path / "binary.csv")


def test_the_score_without_the_start_may_be_blank_where_the_split_is_not_test():
    rows = pd.DataFrame(
        {
            "clip": ["a", "b", "c", "d"],
            "split": ["validation", "Validation ", "test", "test"],
            "is_fake": [0, 1, 0, 1],
            "score": [0.1, 0.9, 0.2, 0.8],
            "score_without_start": [np.nan, None, 0.3, 0.7],
            "identity": ["p", "q", "r", "s"],
        }
    )
    checked = check_scores(rows)
    assert checked.loc[checked["split"] == "test", "score_without_start"].tolist() == [0.3, 0.7]
    assert checked.loc[checked["split"] == "validation", "score_without_start"].isna().all()
    for wrong in (
        rows.assign(score_without_start=["x", None, 0.3, 0.7]),
        rows.iloc[::-1].assign(split="test"),
    ):
        with pytest.raises(TableError, match="score_without_start must be a finite number"):
            check_scores(wrong)
