"""Attacks left out: in test alone, of people who test, on random tables; and refusals in words."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making.clip_tables import clip, people

from avdf.config.schema import SplitConfig
from avdf.data.splits.attacks import attacks_of
from avdf.data.splits.rules import split_clips
from avdf.errors import ConfigError


def attacked(num_people: int = 20, attacks: str = "xyz") -> pd.DataFrame:
    """Each person has a real clip and one fake of each attack."""
    clips = people(num_people, "A" + "B" * len(attacks))
    names = ["", *attacks] * num_people
    return clips.assign(audio_attack=names, video_attack="")


@st.composite
def any_attacks(draw: st.DrawFn) -> pd.DataFrame:
    """Clips of three attacks, whose voices and recordings are linked at random."""
    rows = []
    for number in range(draw(st.integers(6, 40))):
        letter = draw(st.sampled_from("AB"))
        row = clip(number, letter, f"id{draw(st.integers(0, 11)):05}")
        row["track"] = draw(st.sampled_from(["", *(f"t{number:05}" for number in range(15))]))
        attack = draw(st.sampled_from("xyz")) if letter == "B" else ""
        rows.append(row | {"audio_attack": attack, "video_attack": ""})
    return pd.DataFrame(rows)


@settings(max_examples=80, deadline=None)
@given(any_attacks(), st.integers(0, 3))
def test_an_attack_left_out_is_in_test_alone_and_people_are_those_of_voice(clips: pd.DataFrame, seed: int):
    try:
        split = split_clips(clips, SplitConfig(name="leave_attack_out", attacks=["x"]), seed)
    except ConfigError:
        return  # too few people, or no fake where one is needed
    by_voice = split_clips(clips, SplitConfig(name="voice"), seed).table
    has_x = set(clips["clip"][clips["audio_attack"] == "x"])
    expected = by_voice[~by_voice["clip"].isin(has_x) | (by_voice["split"] == "test")]
    pd.testing.assert_frame_equal(split.table, expected.reset_index(drop=True))
    assert not split.certificate["leaks"]
    counts = split.certificate["num_clips_of_left_out_attacks"]
    assert (counts["train"], counts["validation"]) == (0, 0)
    assert counts["test"] == len(has_x & set(split.table["clip"])) > 0
    assert counts["dropped"] == split.certificate["num_dropped"] == len(has_x) - counts["test"]


def test_of_20_people_the_attack_of_3_is_tested_and_that_of_17_counted_as_dropped():
    split = split_clips(attacked(), SplitConfig(name="leave_attack_out", attacks=["x"]), 0)
    assert split.certificate["left_out_attacks"] == ["x"]
    expected = {"train": 0, "validation": 0, "test": 3, "dropped": 17}
    assert split.certificate["num_clips_of_left_out_attacks"] == expected
    assert split.table["split"].value_counts().to_dict() == {"train": 42, "validation": 9, "test": 12}


def test_over_all_folds_everybody_is_tested_once_on_the_attack():
    tested = []
    for fold in range(5):
        rule = SplitConfig(name="leave_attack_out", attacks=["x"], folds=5, fold=fold)
        table = split_clips(attacked(), rule, 0).table.merge(attacked()[["clip", "audio_attack"]])
        tested += table["clip"][(table["split"] == "test") & (table["audio_attack"] == "x")].tolist()
        assert not ((table["split"] != "test") & (table["audio_attack"] == "x")).any()
    assert sorted(tested) == sorted(attacked()["clip"][attacked()["audio_attack"] == "x"])


def test_the_target_decides_whose_attack_it_is():
    clips = people(20)  # C and D have a fake picture, by fsgan and wav2lip
    assert attacks_of(clips, "video") == ["fsgan", "wav2lip"]
    rule = SplitConfig(name="leave_attack_out", attacks=["fsgan"])
    split = split_clips(clips, rule, 0, target="video")
    assert split.certificate["num_clips_of_left_out_attacks"]["test"] == 3
    with pytest.raises(ConfigError, match="no fake has attack 'fsgn', did you mean 'fsgan'"):
        split_clips(clips, SplitConfig(name="leave_attack_out", attacks=["fsgn"]), 0, target="any")


def test_nothing_to_leave_out_is_said_in_words():
    one = attacked(attacks="x")
    with pytest.raises(ConfigError, match=r"every fake of data.target=audio is of x, so nothing is left"):
        split_clips(one, SplitConfig(name="leave_attack_out", attacks=["x"]), 0)
    with pytest.raises(ConfigError, match=r"every fake of data.target=audio is of x, y, z"):
        split_clips(attacked(), SplitConfig(name="leave_attack_out", attacks=["z", "x", "y"]), 0)
    rule = SplitConfig(name="leave_attack_out", attacks=["x"], test=0.0)
    with pytest.raises(ConfigError, match=r"nobody in the test split has a clip of x; raise data.split.test"):
        split_clips(attacked(), rule, 0)
    few = attacked()
    few = few[few["audio_attack"].isin(["", "x"]) | (few["voice"] == "id00000")]
    with pytest.raises(ConfigError, match=r"without x the (train|validation) split has no fake"):
        split_clips(few, SplitConfig(name="leave_attack_out", attacks=["x"]), 0)


def test_attacks_and_their_rule_go_together():
    with pytest.raises(ValueError, match="attacks, a list, goes with name: leave_attack_out"):
        SplitConfig(attacks=["x"])
    with pytest.raises(ValueError, match="attacks, a list, goes with name: leave_attack_out"):
        SplitConfig(name="leave_attack_out")


def test_a_mixture_is_left_out_with_each_of_its_parts():
    """20 people with a face swap, a lip sync and both at once, as FakeAVCeleb names them."""
    clips = people(20, "ACCD").assign(
        audio_attack=["", "", "", "sv2tts"] * 20, video_attack=["", "fsgan", "wav2lip", "fsgan-wav2lip"] * 20
    )
    for target in ("video", "any"):
        rule = SplitConfig(name="leave_attack_out", attacks=["fsgan"])
        split = split_clips(clips, rule, 0, target=target)
        trained = clips[clips["clip"].isin(split.table["clip"][split.table["split"] != "test"])]
        assert set(trained["video_attack"]) == {"", "wav2lip"}
        tested = clips[clips["clip"].isin(split.table["clip"][split.table["split"] == "test"])]
        assert set(tested["video_attack"]) == {"", "fsgan", "wav2lip", "fsgan-wav2lip"}
        # fsgan and the mixture of 17 people who train or validate
        assert split.certificate["num_clips_of_left_out_attacks"]["dropped"] == 2 * 17


def test_a_hyphen_between_words_that_are_no_attacks_is_part_of_a_name():
    clips = attacked().replace({"audio_attack": {"x": "vits-en", "y": "vits"}})
    rule = SplitConfig(name="leave_attack_out", attacks=["vits"])
    split = split_clips(clips, rule, 0)
    trained = clips[clips["clip"].isin(split.table["clip"][split.table["split"] == "train"])]
    assert set(trained["audio_attack"]) == {"", "vits-en", "z"}
