"""Groups of clips, such as codecs: a person has clips in several, and is still one person."""

import itertools

import numpy as np
import pandas as pd
import pytest
from making.made_scores import check_scores

from avdf.errors import TableError
from avdf.evaluation.bootstrap import resampled_counts
from avdf.evaluation.gaps import gaps_of
from avdf.evaluation.groups import groups_of
from avdf.evaluation.identities import sum_by_identity
from avdf.evaluation.permutation import within_people_test
from avdf.evaluation.scores import CheckedScores


def coded(num_people: int = 30, clips: int = 6, effect: float = 0.0) -> pd.DataFrame:
    """Each person has real clips and fakes with each of three codecs; people differ much."""
    rng = np.random.default_rng(0)
    keys = list(itertools.product(range(num_people), "abc", range(clips)))
    person = np.array([key[0] for key in keys])
    fake = np.array([key[2] for key in keys]) % 2
    logit = 3.0 * fake - 1.5 + rng.normal(0, 2, num_people)[person] + rng.normal(0, 0.5, len(keys))
    logit += effect * np.array([key[1] == "c" for key in keys])
    return pd.DataFrame(
        {
            "is_fake": fake,
            "score": 1 / (1 + np.exp(-logit)),
            "identity": [f"p{number:02d}" for number in person],
            "gender": np.where(person % 2, "men", "women"),
            "codec": [key[1] for key in keys],
        }
    )


def test_a_column_in_which_most_people_have_several_groups_is_one_of_clips():
    checked = CheckedScores.of(coded(), ("gender", "codec"))
    assert checked.warnings == (
        "codec is a property of clips: 30 of 30 people have clips in several of its groups. Each clip counts "
        "in its own, and chance is judged within people.",
    )
    few = coded()
    few["codec"] = np.where(few["identity"] < "p20", "a", few["codec"])  # 10 of 30 people have several
    with pytest.raises(TableError, match=r"a person belongs to one codec, and these to several: p20 \(a and"):
        CheckedScores.of(few, ("codec",))


@pytest.mark.parametrize("name", ["gender", "race", "Nationality"])
def test_a_property_of_people_is_never_taken_for_one_of_clips(name):
    with pytest.raises(TableError, match=f"a person belongs to one {name}"):
        CheckedScores.of(coded().drop(columns="gender").rename(columns={"codec": name}), (name,))


def test_a_person_in_several_groups_is_drawn_with_all_of_their_clips():
    sums = sum_by_identity(check_scores(coded(), ["gender", "codec"]), 0.5, ["gender", "codec"])
    names = {group.name: group.cells for group in groups_of(sums, ["gender", "codec"])}
    for drawn in resampled_counts([sums], [names["a"], names["b"], names["women"]], 0, num_draws=200):
        (first,), (second,), (women,) = drawn
        np.testing.assert_array_equal(first.num_real, second.num_real)
        # Each draw holds 15 women, with 3 codecs and 3 real clips of each.
        np.testing.assert_array_equal(women.num_real, np.full(len(women.fp), 15.0 * 9))


def test_the_p_value_within_people_is_near_that_of_all_2_to_the_8_exchanges():
    errors = np.array([[3, 1], [2, 2], [1, 0], [4, 1], [0, 1], [2, 0], [3, 3], [1, 0]], dtype=float)
    rows = np.full((8, 2), 4.0)
    observed = abs(errors[:, 0].sum() - errors[:, 1].sum()) / 32
    gaps = []
    for swaps in itertools.product((False, True), repeat=8):
        first = np.where(swaps, errors[:, 1], errors[:, 0]).sum()
        gaps.append(abs(2 * first - errors.sum()) / 32)
    exact = np.mean(np.array(gaps) >= observed - 1e-12)
    names = [np.array([f"p{number}" for number in range(8)])] * 2
    test = within_people_test(list(errors.T), list(rows.T), names, np.random.default_rng(0))
    assert test.gap == pytest.approx(observed)
    assert test.p == pytest.approx(exact, abs=0.012)
    assert test.null_mean == pytest.approx(np.mean(gaps), abs=0.01)


def test_a_codec_that_harms_everybody_alike_is_shown_though_people_differ_more():
    for effect, is_shown in ((1.2, True), (0.0, False)):
        table = check_scores(coded(effect=effect), ["codec"])
        sums = sum_by_identity(table, 0.5, ["codec"])
        (fpr, _) = gaps_of(sums, groups_of(sums, ["codec"]), 0)
        assert fpr.is_shown == is_shown, fpr
