"""Splits that share nothing, for any clip table, and the certificate that tells when they do."""

import json
from collections import Counter
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making.clip_tables import clip, people

from avdf.config.schema import SPLITS, SplitConfig
from avdf.corpora.fakeavceleb.labels import RACES
from avdf.data.components import components
from avdf.data.splits.certificate import verdict
from avdf.data.splits.rules import Split, split_clips
from avdf.errors import ConfigError


@st.composite
def any_table(draw: st.DrawFn) -> pd.DataFrame:
    """Random clip tables: voices, tracks and identities linked at random, some tracks unknown."""
    num_clips = draw(st.integers(3, 40))
    num_people = draw(st.integers(1, 12))
    who = st.integers(0, num_people - 1).map(lambda number: f"id{number:05}")
    tracks = st.sampled_from(["", *(f"t{number:05}" for number in range(draw(st.integers(1, 15))))])
    rows = []
    for number in range(num_clips):
        source, other = draw(who), draw(who)
        row = clip(number, draw(st.sampled_from("ABCD")), source)
        row["voice"] = draw(st.sampled_from([source, other]))
        row["identities"] = ";".join(dict.fromkeys([source, other]))
        row["track"] = draw(tracks)
        rows.append(row)
    return pd.DataFrame(rows)


def shared(clips: pd.DataFrame, split: Split, column: str) -> set[str]:
    """Values of a column that occur in two splits, by a loop over the rows."""
    where: dict[str, set[str]] = {}
    for _, row in clips.merge(split.table, on="clip").iterrows():
        for item in row[column].split(";"):
            where.setdefault(item, set()).add(row["split"])
    return {item for item, parts in where.items() if len(parts) > 1} - {""}


def too_few(clips: pd.DataFrame, name: str, num_parts: int) -> bool:
    """Whether the clips have fewer units than there are splits to fill."""
    links = {
        "voice": [
            (voice, track or voice) for voice, track in zip(clips["voice"], clips["track"], strict=True)
        ],
        "strict": [(person,) for names in clips["identities"] for person in names.split(";")],
        "face": [(source,) for source in clips["source"]],
        "source": [(source,) for source in clips["source"]],
        "clip": [],
    }[name]
    return name != "clip" and len(set(components(links))) < num_parts


APART = {
    "voice": ("voice", "track"),
    "strict": ("voice", "track", "identities"),
    "face": ("source",),
    "source": ("source",),
    "clip": (),
}


@pytest.mark.parametrize("name", list(APART))
@settings(max_examples=25, deadline=None)
@given(
    clips=any_table(), seed=st.integers(0, 3), shares=st.sampled_from([(0.15, 0.15), (0.3, 0.0), (0.2, 0.4)])
)
def test_no_split_shares_what_it_promises_and_every_clip_is_in_one_split_or_dropped(
    name: str, clips: pd.DataFrame, seed: int, shares: tuple[float, float]
) -> None:
    rule = SplitConfig(name=name, validation=shares[0], test=shares[1])  # type: ignore[arg-type]
    if too_few(clips, name, 2 if shares[1] == 0 else 3):
        with pytest.raises(ConfigError, match="can't fill"):
            split_clips(clips, rule, seed)
        return
    split = split_clips(clips, rule, seed)
    for column in APART[name]:
        assert shared(clips, split, column) == set()
    assert split.table["clip"].is_unique
    assert set(split.table["split"]) <= set(SPLITS)
    assert len(split.table) + split.certificate["num_dropped"] == len(clips)
    if name != "strict":
        assert split.certificate["num_dropped"] == 0
    heard = shared(clips, split, "voice") | shared(clips, split, "track")
    leaks = shared(clips, split, "source") if name == "face" else heard  # face: who does not hear
    assert split.certificate["leaks"] == bool(leaks)
    assert verdict(split.certificate).startswith("LEAKY") == bool(leaks)
    shuffled = split_clips(clips.sample(frac=1, random_state=seed), rule, seed)
    assert shuffled.table.to_csv() == split.table.to_csv()
    assert json.dumps(shuffled.certificate) == json.dumps(split.certificate)


@settings(max_examples=15, deadline=None)
@given(clips=any_table(), num_folds=st.integers(3, 5), name=st.sampled_from(["voice", "strict", "face"]))
def test_every_clip_is_tested_in_at_most_one_fold_and_by_voice_in_exactly_one(
    clips: pd.DataFrame, num_folds: int, name: str
) -> None:
    if too_few(clips, name, num_folds):
        return
    tested: Counter[str] = Counter()
    for fold in range(num_folds):
        rule = SplitConfig(name=name, folds=num_folds, fold=fold)  # type: ignore[arg-type]
        split = split_clips(clips, rule, seed=1)
        assert not split.certificate["leaks"]
        tested.update(split.table["clip"][split.table["split"] == "test"])
    assert max(tested.values(), default=1) == 1
    assert name == "strict" or len(tested) == len(clips)


def test_of_100_people_70_train_and_15_each_validate_and_test() -> None:
    clips = people(100)
    rows = clips.merge(split_clips(clips, SplitConfig(), seed=0).table, on="clip")
    assert rows.groupby("split")["voice"].nunique().to_dict() == {"train": 70, "validation": 15, "test": 15}
    per_race = rows.groupby(["split", "race"])["voice"].nunique().unstack()
    assert per_race.loc["test"].tolist() == [3, 3, 3, 3, 3]
    assert per_race.loc["train"].tolist() == [14, 14, 14, 14, 14]
    assert set(rows.groupby(["split", "gender"])["voice"].nunique().loc["train"]) == {35}


def test_another_seed_gives_other_people_and_the_same_seed_the_same() -> None:
    clips = people(40)
    first, again, other = (split_clips(clips, SplitConfig(), seed).table for seed in (0, 0, 1))
    assert first.equals(again)
    assert not first.equals(other)


def test_two_voices_on_one_recording_are_in_one_split() -> None:
    clips = people(30)
    clips.loc[[0, 5, 9], "track"] = "t99999"  # people 0, 1 and 2
    rows = clips.merge(split_clips(clips, SplitConfig(), seed=0).table, on="clip")
    assert rows[rows["voice"].isin(["id00000", "id00001", "id00002"])]["split"].nunique() == 1


def test_strict_keeps_a_clip_of_two_people_only_where_both_are() -> None:
    clips = people(20)
    fakes = clips.index[clips["type"] == "D"]
    clips.loc[fakes, "identities"] = [f"id{one:05};id{(one + 1) % 20:05}" for one in range(20)]
    split = split_clips(clips, SplitConfig(name="strict"), seed=0)
    rows = clips.merge(split.table, on="clip", how="left").set_index("clip")["split"]
    home = [rows[f"A/{4 * person:04}.mp4"] for person in range(20)]
    kept = [rows[f"D/{4 * person + 3:04}.mp4"] for person in range(20)]
    for person in range(20):
        together = home[person] == home[(person + 1) % 20]
        assert kept[person] == home[person] if together else pd.isna(kept[person])
    assert 0 < split.certificate["num_dropped"] == sum(pd.isna(part) for part in kept) < 20


def test_a_split_by_source_that_leaks_voices_says_so_with_numbers() -> None:
    clips = people(12, "AC")
    # Every C clip carries the voice of the next person, as a lip-synced clip may.
    clips["voice"] = [f"id{(row // 2 + row % 2) % 12:05}" for row in range(24)]
    split = split_clips(clips, SplitConfig(name="source"), seed=0)
    assert split.certificate["leaks"]
    assert verdict(split.certificate).startswith("LEAKY SPLIT 'source': train-validation share")
    assert "voices" in verdict(split.certificate)


def test_a_split_by_clip_may_train_on_exactly_8_real_and_8_fake() -> None:
    clips = people(10)
    rule = SplitConfig(name="clip", num_train_per_class=8)
    rows = clips.merge(split_clips(clips, rule, seed=0).table, on="clip")
    train = rows[rows["split"] == "train"]
    assert train["audio_fake"].value_counts().to_dict() == {0: 8, 1: 8}
    assert Counter(rows["split"]) == {"train": 16, "validation": 12, "test": 12}
    of_video = clips.merge(split_clips(clips, rule, seed=0, target="video").table, on="clip")
    assert of_video[of_video["split"] == "train"]["video_fake"].sum() == 8
    with pytest.raises(ConfigError, match="21 to train, but there are only 20 real clips"):
        split_clips(clips, SplitConfig(name="clip", num_train_per_class=21), seed=0)


@pytest.mark.parametrize("name", ["voice", "strict"])
def test_exactly_13_of_20_people_train_and_the_rest_is_halved(name: Any) -> None:
    clips = people(20)
    clips.loc[clips["type"] == "D", "voice"] = [f"id{(person + 1) % 20:05}" for person in range(20)]
    clips["identities"] = [f"{one};{two}" for one, two in zip(clips["source"], clips["voice"], strict=True)]
    rule = SplitConfig(name=name, num_train_voices=13)
    certificate = split_clips(clips, rule, seed=0).certificate
    real = clips[clips["type"] == "A"].merge(split_clips(clips, rule, seed=0).table, on="clip")
    assert Counter(real["split"]) == {"train": 13, "validation": 4, "test": 3} or Counter(real["split"]) == {
        "train": 13,
        "validation": 3,
        "test": 4,
    }
    assert not certificate["leaks"]
    with pytest.raises(ConfigError, match="num_train_voices: 20 of 20 people can't train"):
        split_clips(clips, SplitConfig(name=name, num_train_voices=20), seed=0)


def test_a_race_left_out_of_training_validates_and_tests_with_people_apart() -> None:
    clips = people(40)
    split = split_clips(clips, SplitConfig(name="leave_group_out", group={"race": "African"}), seed=0)
    rows = clips.merge(split.table, on="clip")
    assert set(rows["race"][rows["split"] == "train"]) == set(RACES) - {"African"}
    assert set(rows["race"][rows["split"] != "train"]) == {"African"}
    assert Counter(rows["split"]) == {"train": 128, "validation": 16, "test": 16}
    assert not split.certificate["leaks"]


def test_a_method_left_out_of_training_is_tested_beside_real_clips() -> None:
    clips = people(40)
    split = split_clips(clips, SplitConfig(name="leave_method_out", methods=["wav2lip"]), seed=0)
    rows = clips.merge(split.table, on="clip")
    assert set(rows["split"][rows["method"] == "wav2lip"]) == {"test"}
    assert set(rows["method"][rows["split"] == "test"]) == {"real", "rtvc", "fsgan", "wav2lip"}
    assert len(rows) == len(clips)
    assert split.certificate["leaks"]  # the people of the held-out clips train with their other clips


@pytest.mark.parametrize(
    ("settings_of_rule", "words"),
    [
        ({"name": "leave_group_out", "group": {"race": "Afrian"}}, "race 'Afrian', did you mean 'African'"),
        ({"name": "leave_group_out", "group": {"rase": "African"}}, "no column 'rase', did you mean 'race'"),
        ({"name": "leave_group_out", "group": {"race": "African"}, "validation": 0, "test": 0}, "both are 0"),
        ({"name": "leave_group_out", "group": {"race": "African", "gender": "men", "type": "E"}}, "type 'E'"),
        ({"name": "leave_method_out", "methods": ["wav2lips"]}, "did you mean 'wav2lip'"),
        ({"name": "leave_method_out", "methods": ["real", "rtvc", "fsgan", "wav2lip"]}, "nothing is left"),
        ({"name": "voice", "folds": 21}, "20 people can't fill 21 folds"),
    ],
)
def test_a_rule_that_can_not_be_followed_is_refused_in_words(
    settings_of_rule: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        split_clips(people(20), SplitConfig(**settings_of_rule), seed=0)


def test_two_people_can_not_fill_three_splits() -> None:
    with pytest.raises(ConfigError, match="2 people can't fill train, validation, test"):
        split_clips(people(2), SplitConfig(), seed=0)
    halves = split_clips(people(2), SplitConfig(validation=0.0, test=0.5), seed=0)
    assert Counter(halves.table["split"]) == {"train": 4, "test": 4}


def test_clips_whose_recording_is_not_known_are_counted_and_mentioned() -> None:
    clips = people(20).assign(track="")
    split = split_clips(clips, SplitConfig(), seed=0)
    assert split.certificate["num_clips_without_track"] == 80
    assert verdict(split.certificate) == (
        "split 'voice': no two of train, validation and test share a voice; "
        "the recordings of 80 clips are not known"
    )
