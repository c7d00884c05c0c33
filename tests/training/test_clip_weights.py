"""Weights of clips: which totals are equal under each setting of train.balance."""

import numpy as np
import pandas as pd
import pytest

from avdf.errors import UserError
from avdf.training.clip_weights import clip_weights, group_numbers

CLIPS = pd.DataFrame(
    {
        "method": "",
        "race": ["African"] * 4 + ["Asian (East)"] * 2,
        "gender": ["men"] * 6,
        "source": "",
        "track": ["a", "a", "a", "b", "c", "d"],
    }
)
FAKE = np.array([True, True, True, False, True, False])


def sums(weights: np.ndarray, keys: list) -> dict:
    return pd.Series(weights).groupby(keys).sum().round(5).to_dict()


def test_three_real_clips_for_one_fake_weigh_a_third_each():
    weights = clip_weights(CLIPS.head(4), ~FAKE[:4], "class")
    np.testing.assert_allclose(weights, [2 / 3, 2 / 3, 2 / 3, 2])


@pytest.mark.parametrize("balance", ["none", "class", "group_class", "track"])
def test_the_mean_weight_is_one(balance: str):
    assert clip_weights(CLIPS, FAKE, balance).mean() == pytest.approx(1)


def test_corpus_class_gives_every_corpus_and_class_the_same_total_and_a_missing_class_none():
    corpus = pd.Series(["a", "a", "a", "a", "b", "b"], name="corpus")
    fake = np.array([True, True, True, False, True, True])
    weights = clip_weights(CLIPS.assign(corpus=corpus), fake, "corpus_class")
    assert sums(weights, [corpus, fake]) == {("a", False): 2.0, ("a", True): 2.0, ("b", True): 2.0}


def test_group_class_gives_every_group_and_class_the_same_total():
    weights = clip_weights(CLIPS, FAKE, "group_class")
    assert set(sums(weights, [CLIPS["race"], FAKE]).values()) == {1.5}


def test_track_gives_every_class_and_every_track_of_a_class_the_same_total():
    weights = clip_weights(CLIPS, FAKE, "track")
    assert sums(weights, [FAKE]) == {False: 3, True: 3}
    assert sums(weights, [CLIPS["track"]]) == {"a": 1.5, "b": 1.5, "c": 1.5, "d": 1.5}


def test_groups_are_numbered_by_name():
    numbers, names = group_numbers(CLIPS)
    assert numbers.tolist() == [0, 0, 0, 0, 1, 1]
    assert names == ["African/men", "Asian (East)/men"]


def test_a_split_of_one_class_is_refused():
    with pytest.raises(UserError, match="holds 0 real and 2 fake clips; training needs both"):
        clip_weights(CLIPS.head(2), FAKE[:2], "class")
