"""Splits across corpora and those of a corpus's own protocol, on random tables."""

from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making.clip_tables import clip, people

from avdf.config.schema import SPLITS, SplitConfig
from avdf.data.splits.certificate import verdict
from avdf.data.splits.rules import split_clips
from avdf.errors import ConfigError


@st.composite
def any_corpora(draw: st.DrawFn) -> pd.DataFrame:
    """Clips of three corpora, whose voices and recordings are linked at random."""
    rows = []
    for number in range(draw(st.integers(3, 40))):
        row = clip(number, draw(st.sampled_from("AB")), f"id{draw(st.integers(0, 11)):05}")
        row["track"] = draw(st.sampled_from(["", *(f"t{number:05}" for number in range(15))]))
        rows.append(row | {"corpus": draw(st.sampled_from("abc"))})
    return pd.DataFrame(rows)


@settings(max_examples=60, deadline=None)
@given(any_corpora(), st.integers(0, 3))
def test_a_corpus_left_out_shares_nothing_with_those_that_train_by_brute_force(
    clips: pd.DataFrame, seed: int
):
    try:
        split = split_clips(clips, SplitConfig(name="leave_corpus_out", corpora=["a"]), seed)
    except ConfigError:
        return  # too few people are left
    parts = clips.merge(split.table, on="clip")
    assert set(parts.loc[parts["split"] == "test", "clip"]) == set(clips.loc[clips["corpus"] == "a", "clip"])
    for first, second in combinations(SPLITS, 2):
        one, other = (parts[parts["split"] == name] for name in (first, second))
        assert not set(one["voice"]) & set(other["voice"])
        assert not (set(one["track"]) & set(other["track"])) - {""}
    assert not split.certificate["leaks"]
    assert split.certificate["num_dropped"] == len(clips) - len(parts)
    num_shared = sum(len(set(rows["corpus"])) > 1 for track, rows in clips.groupby("track") if track)
    assert split.certificate["num_shared_recordings"] == num_shared


def test_clips_without_links_to_the_corpus_left_out_are_all_kept():
    clips = people(10).assign(corpus=["a"] * 16 + ["b"] * 24)
    split = split_clips(clips, SplitConfig(name="leave_corpus_out", corpora=["a"], validation=0.5), 0)
    assert split.table["split"].value_counts().to_dict() == {"test": 16, "train": 12, "validation": 12}
    assert split.certificate["corpora"] == {"a": 16, "b": 24}
    for corpora, message in ((["a", "b"], "nothing is left to train on"), (["c"], "no clip has corpus 'c'")):
        with pytest.raises(ConfigError, match=message):
            split_clips(clips, SplitConfig(name="leave_corpus_out", corpora=corpora), 0)
    with pytest.raises(ConfigError, match=r"there is one corpus; name several in data\.sources"):
        split_clips(people(4), SplitConfig(name="leave_corpus_out", corpora=["a"]), 0)


def test_the_official_split_is_kept_and_what_it_leaves_out_is_dropped():
    clips = people(6).assign(official_split=["train"] * 12 + ["validation"] * 4 + ["test"] * 4 + [""] * 4)
    split = split_clips(clips, SplitConfig(name="official"), 0)
    assert split.table["split"].value_counts().to_dict() == {"train": 12, "validation": 4, "test": 4}
    assert split.certificate["num_dropped"] == 4


def test_where_the_protocol_has_no_validation_part_people_of_train_are_it():
    clips = people(10).assign(official_split=["train"] * 32 + ["test"] * 8)
    split = split_clips(clips, SplitConfig(name="official", validation=0.25), 0)
    assert split.table["split"].value_counts().to_dict() == {"train": 24, "validation": 8, "test": 8}
    assert not split.certificate["leaks"]
    whole = split_clips(clips, SplitConfig(name="official", validation=0), 0)
    assert whole.table["split"].value_counts().to_dict() == {"train": 32, "test": 8}


def test_an_official_split_that_leaks_says_so_and_one_that_is_missing_is_refused():
    clips = people(4).assign(official_split=["train", "test"] * 8)
    split = split_clips(clips, SplitConfig(name="official", validation=0), 0)
    assert verdict(split.certificate).startswith("LEAKY SPLIT 'official': train-test share 4 voices")
    for table in (people(4), people(4).assign(official_split="")):
        with pytest.raises(ConfigError, match="the corpus has no official split; use voice"):
            split_clips(table, SplitConfig(name="official"), 0)
