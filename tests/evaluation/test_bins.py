"""Columns of numbers, such as age, as groups: advised, read and checked as bins."""

import re

import numpy as np
import pandas as pd
import pytest
from making.made_scores import made_scores
from making.score_tables import options, saved, warnings_of

from avdf.audit.content import audit_content
from avdf.audit.sources import read_audit_input
from avdf.errors import TableError, UserError
from avdf.evaluation.bins import parse_bins
from avdf.evaluation.scores import CheckedScores, TableOptions


def test_many_numbers_as_groups_are_advised_to_be_put_into_bins(tmp_path):
    scores = made_scores(60)
    scores["age"] = 20 + pd.factorize(scores["identity"])[0] * 7 % 40
    lines = warnings_of(saved(scores, tmp_path), groups=("age",))
    assert any(re.search(r"age has 40 distinct numbers.*--bins age=\d+,\d+,\d+\.", line) for line in lines)


def test_bins_make_groups_of_numbers_in_the_order_of_the_numbers(tmp_path):
    scores = made_scores(120)
    scores["age"] = 5 + pd.factorize(scores["identity"])[0] % 100
    audit_input = read_audit_input(saved(scores, tmp_path), options(bins={"age": (8, 30, 100)}))
    content = audit_content(audit_input, 0)
    assert content["settings"]["groups"] == ["race", "gender", "age"]
    names = [row["group"] for row in content["counts"]["groups"] if row["attribute"] == "age"]
    assert names == ["under 8", "8 to under 30", "30 to under 100", "100 and over"]
    crossed = [
        row["group"] for row in content["counts"]["groups"] if row["attribute"] == "race x gender x age"
    ]
    of_one = [name for name in crossed if name.startswith("African x men x ")]
    assert [name.split(" x ")[2] for name in of_one] == [name for name in names if name in str(of_one)]
    ages = scores.loc[scores["split"] == "test", "age"]
    counts = [row["num_clips"] for row in content["counts"]["groups"] if row["attribute"] == "age"]
    assert counts == [
        (ages < 8).sum(),
        ((ages >= 8) & (ages < 30)).sum(),
        ((ages >= 30) & (ages < 100)).sum(),
        (ages >= 100).sum(),
    ]


def test_a_person_whose_age_changes_is_refused_without_bins_and_warned_of_with_them():
    scores = made_scores(60)
    scores["age"] = 27 + np.arange(len(scores)) % 2
    with pytest.raises(TableError, match=r"these to several: id00000 \(27 and 28\).*--bins age="):
        CheckedScores.of(scores, ("age",))
    table_options = TableOptions(groups=("age",), bins={"age": (18.0, 28.0)})
    checked = CheckedScores.with_options(scores, table_options)
    assert set(checked.table["age"]) == {"18 to under 28", "28 and over"}
    assert checked.warnings == (
        "60 people are in more than one bin of age; each of their clips counts in its own.",
    )


@pytest.mark.parametrize("text", ["age", "age=", "=3", "age=30,18", "age=a,b", "age=nan", "age=18,18"])
def test_bins_that_are_not_ascending_numbers_are_refused_with_an_example(text):
    with pytest.raises(UserError, match="--bins: give a column and ascending numbers, as in age=18,30,45,60"):
        parse_bins(text)


def test_bins_of_a_column_of_text_are_refused():
    with pytest.raises(UserError, match="--bins race: not a number: 'African'"):
        CheckedScores.with_options(made_scores(6, 2), TableOptions(groups=("race",), bins={"race": (1.0,)}))


def test_blanks_in_a_column_with_bins_are_unknown():
    scores = made_scores(30)
    scores["age"] = np.where(pd.factorize(scores["identity"])[0] % 2, "25", "NA")
    options_ = TableOptions(groups=("age",), bins={"age": (18.0, 30.0)})
    assert set(CheckedScores.with_options(scores, options_).table["age"]) == {"18 to under 30", "unknown"}
