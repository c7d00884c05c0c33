"""Score tables with odd columns, rows and splits: read if unambiguous, otherwise refused by name."""

import re
import unicodedata
from pathlib import Path
from shlex import quote

import numpy as np
import pandas as pd
import pytest
from making.made_scores import made_scores

from avdf.audit.content import audit_content
from avdf.audit.sources import AuditOptions, read_audit_input
from avdf.errors import TableError, UserError
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.scores import CheckedScores, TableOptions
from avdf.evaluation.shortcuts import probes_of

FOUR_ROWS = "clip,is_fake,score,identity\na,1,0.75,x\nb,0,0.25,x\nc,1,0.5,y\nd,0,0.125,y\n"


def written(folder: Path, text: str | bytes, name: str = "scores.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def check_scores(
    table: pd.DataFrame, groups: tuple[str, ...] = (), identity: str = "identity"
) -> pd.DataFrame:
    return CheckedScores.of(table, groups, identity).table


def audited(table: pd.DataFrame, folder: Path, **changes) -> dict:
    path = folder / "scores.csv"
    table.to_csv(path, index=False)
    options = {"threshold": 0.5, "groups": ("race",), **changes}
    return audit_content(read_audit_input(path, AuditOptions(**options)), 0)


@pytest.mark.parametrize(
    "text",
    [
        FOUR_ROWS.replace(",", " "),
        FOUR_ROWS.replace(",", "   "),
        b"\xef\xbb\xbf" * 2 + FOUR_ROWS.encode(),
        FOUR_ROWS + ",,,\n,,,\n",
        "# scores of 2026\n#second line\n" + FOUR_ROWS,
    ],
    ids=["one space", "several spaces", "two byte order marks", "rows of commas", "comments at the start"],
)
def test_the_same_table_is_read_from(tmp_path, text):
    expected = read_scores(written(tmp_path, FOUR_ROWS, "plain.csv"))
    pd.testing.assert_frame_equal(read_scores(written(tmp_path, text)), expected)


def test_a_column_of_decimal_commas_is_a_column_of_numbers_for_probes_and_groups(tmp_path):
    scores = made_scores(12, 4).assign(duration=np.arange(48) % 5 + 0.5)
    plain, comma = tmp_path / "plain.csv", tmp_path / "comma.csv"
    scores.to_csv(plain, index=False)
    scores.to_csv(comma, index=False, sep=";", decimal=",")
    tables = [read_scores(path) for path in (plain, comma)]
    assert (
        tables[1]["duration"].tolist()
        == tables[0]["duration"].tolist()
        == ["0.5", "1.5", "2.5", "3.5", "4.5"] * 9 + ["0.5", "1.5", "2.5"]
    )
    probes = [probes_of(check_scores(table), ["duration"]) for table in tables]
    assert probes[0] == probes[1]


def test_a_table_without_a_header_is_named_as_such(tmp_path):
    path = written(tmp_path, FOUR_ROWS.split("\n", 1)[1])
    with pytest.raises(
        TableError, match=rf"{re.escape(str(path))}: no column 'is_fake' \(have: a, 1, 0.75, x\)"
    ):
        read_audit_input(path, AuditOptions(threshold=0.5))


@pytest.mark.parametrize("name", ["IS_FAKE", "Is_Fake", "is fake", "is-fake", "isFake"])
def test_a_column_spelt_otherwise_is_named_in_the_remedy(name):
    with pytest.raises(TableError, match=f"no column 'is_fake'.*; name it with --label {quote(name)}"):
        check_scores(made_scores(2, 2).rename(columns={"is_fake": name}))


def test_a_group_column_with_a_typing_error_is_answered_with_the_nearest_name():
    with pytest.raises(TableError, match="no column 'Race', did you mean 'race'"):
        check_scores(made_scores(2, 2), ("Race",))
    with pytest.raises(TableError, match=r"no column 'race,gender'.*separate columns by spaces: race gender"):
        check_scores(made_scores(2, 2), ("race,gender",))


@pytest.mark.parametrize(("real", "fake"), [("no", "yes"), ("N", "Y"), ("f", "t"), ("FALSE", "TRUE")])
def test_labels_in_words_for_true_and_false_are_understood(real, fake):
    scores = made_scores(6, 2)
    words = scores.assign(is_fake=np.where(scores["is_fake"] == 1, fake, real))
    pd.testing.assert_frame_equal(check_scores(words), check_scores(scores))


def test_text_in_the_column_of_scores_is_answered_with_how_to_write_a_number():
    scores = made_scores(2, 2).astype({"score": object})
    for text in ("75%", "1,234.5", "high"):
        scores.loc[0, "score"] = text
        with pytest.raises(TableError, match=re.escape(f"(score={text}); write plain numbers such as 0.75")):
            check_scores(scores)
    scores.loc[0, "score"] = np.inf
    with pytest.raises(TableError, match="score those clips again"):
        check_scores(scores)
    with pytest.raises(TableError, match="give every row its threshold, or leave out the column"):
        check_scores(made_scores(2, 2).assign(threshold=np.nan))


def test_the_file_of_a_table_that_fails_its_checks_is_named(tmp_path):
    path = written(tmp_path, FOUR_ROWS.replace(",1,", ",2,").replace("clip", "race"))
    with pytest.raises(TableError, match=rf"^{re.escape(str(path))}: is_fake must be 0"):
        read_audit_input(path, AuditOptions(threshold=0.5, groups=("clip",)[:0], bins={}))


def test_names_of_splits_are_read_in_any_case():
    scores = made_scores(12, 2)
    pd.testing.assert_frame_equal(
        check_scores(scores.assign(split=scores["split"].str.title())), check_scores(scores)
    )


def test_a_row_without_a_split_is_refused_by_name():
    scores = made_scores(12, 2)
    scores.loc[3, "split"] = ""
    with pytest.raises(TableError, match=r"split must be train, validation or test in every row; clip00003"):
        check_scores(scores)


def test_rows_of_other_splits_are_counted_in_a_warning():
    scores = made_scores(12, 2)
    scores.loc[20:, "split"] = "tset"
    assert CheckedScores.of(scores).warnings == (
        "4 rows are neither train, validation nor test and are not audited: tset (4).",
    )


def test_a_missing_validation_split_is_answered_with_the_splits_there_are(tmp_path):
    scores = made_scores(12, 2)
    with pytest.raises(UserError, match=r"no validation rows .*\(have: dev, test\).*--threshold X"):
        audited(scores.assign(split=scores["split"].replace("validation", "dev")), tmp_path, threshold=None)


def test_a_threshold_that_is_given_replaces_that_of_the_column(tmp_path):
    scores = made_scores(30)
    plain = audited(scores, tmp_path, threshold=0.2)
    with_column = audited(scores.assign(threshold=0.9), tmp_path, threshold=0.2)
    for key in ("fpr", "fnr", "f2"):
        assert with_column["overall"][key] == plain["overall"][key], key
    assert with_column["threshold"] == plain["threshold"]
    assert with_column["warnings"] == plain["warnings"]


def test_rows_without_the_name_of_a_clip_are_not_one_clip():
    scores = made_scores(12, 2)
    blank = scores.assign(clip="")
    assert CheckedScores.of(blank).warnings == ()
    assert CheckedScores.of(scores.assign(clip=np.nan)).warnings == ()


def test_spellings_that_look_alike_are_one_group_and_one_person():
    scores = made_scores(12, 2, races=("Côte d'Ivoire", unicodedata.normalize("NFD", "Côte d'Ivoire")))
    assert check_scores(scores, ("race",))["race"].nunique() == 1
    scores = made_scores(12, 2, races=("South Asian", "South\u00a0Asian", "South  Asian"))
    assert set(check_scores(scores, ("race",))["race"]) == {"South Asian"}
    scores["identity"] = ["Zoë", unicodedata.normalize("NFD", "Zoë")] * 12
    assert check_scores(scores)["identity"].nunique() == 1


def test_whole_numbers_with_and_without_decimals_are_one_group():
    scores = made_scores(12, 2, races=("1", "1.0", "2"))
    assert set(check_scores(scores, ("race",))["race"]) == {"1", "2"}
    scores = made_scores(12, 2, races=("1", "1.0", "b"))
    assert set(check_scores(scores, ("race",))["race"]) == {"1", "1.0", "b"}


def test_an_infinite_number_is_in_no_bin():
    scores = made_scores(6, 2).assign(age=["inf"] + ["20"] * 11)
    with pytest.raises(UserError, match="--bins age: not a finite number: 'inf'"):
        CheckedScores.with_options(scores, TableOptions(groups=("age",), bins={"age": (18.0,)}))


def test_the_column_of_people_is_no_group_of_people():
    with pytest.raises(UserError, match="--groups speaker: is not a group of people"):
        check_scores(made_scores(6, 2).assign(speaker="a"), ("speaker",), identity="speaker")


def test_the_callers_table_stays_as_it_was():
    scores = made_scores(6, 2).set_index("clip", drop=False)
    before = scores.copy()
    check_scores(scores, ("race",))
    pd.testing.assert_frame_equal(scores, before)


def test_a_column_with_more_groups_than_an_audit_can_compare_is_refused_with_the_remedy():
    scores = made_scores(600, 2).assign(city=[f"c{row // 2}" for row in range(1200)])
    with pytest.raises(TableError, match=r"city has 600 groups, more than 500; join them to fewer"):
        check_scores(scores, ("city",))
    assert check_scores(scores[:1000], ("city",))["city"].nunique() == 500
