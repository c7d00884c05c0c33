"""Who and what the made-up dataset holds, before any file is made."""

import re
from collections import Counter

import pytest

from avdf.corpora.fakeavceleb.labels import GENDERS, RACES, standard_key
from avdf.demo.plan import DemoSettings
from avdf.demo.quirks import LIST_HEADER, plan, rows_of
from avdf.errors import UserError


def test_80_people_are_eight_in_each_of_the_ten_groups_with_made_up_numbers() -> None:
    people = {clip.person for clip in plan(DemoSettings()).clips}
    cells = Counter((person.race, person.gender) for person in people)
    assert cells == {(race, gender): 8 for race in RACES for gender in GENDERS}
    assert len({person.identity for person in people}) == 80
    assert all(re.fullmatch(r"id9[1-9]\d{3}", person.identity) for person in people)


def test_each_person_has_two_a_two_b_one_c_and_all_but_one_a_d_clip() -> None:
    clips = plan(DemoSettings()).clips
    assert Counter(clip.type for clip in clips) == {"A": 160, "B": 160, "C": 80, "D": 79}
    assert {clip.method for clip in clips} == {
        "real", "rtvc", "wav2lip", "fsgan", "faceswap", "fsgan-wav2lip", "faceswap-wav2lip"
    }  # fmt: skip


def test_paths_are_unique_and_names_are_not() -> None:
    clips = plan(DemoSettings()).clips
    assert len({clip.path for clip in clips}) == len(clips)
    assert all(standard_key(clip.path) == clip.path for clip in clips)
    names = {kind: {clip.path.split("/", 1)[1] for clip in clips if clip.type == kind} for kind in "CD"}
    assert len(names["C"] & names["D"]) > 10


def test_names_never_leave_a_race_and_gender() -> None:
    clips = plan(DemoSettings()).clips
    cell_of = {clip.person.identity: (clip.person.race, clip.person.gender) for clip in clips}
    for clip in clips:
        for named in re.findall(r"id\d{5}", clip.name):
            assert cell_of[named] == (clip.person.race, clip.person.gender)


def test_swapped_faces_keep_their_own_voice_and_lips_follow_the_last_one_named() -> None:
    for clip in plan(DemoSettings()).clips:
        if clip.name.endswith("_wavtolip.mp4"):
            assert clip.speaker.identity == re.findall(r"id\d{5}", clip.name)[-1] != clip.person.identity
        else:
            assert clip.speaker == clip.person


def test_the_odd_names_of_the_release_are_there() -> None:
    clips = plan(DemoSettings()).clips
    names = {(clip.type, clip.name) for clip in clips}
    assert {("A", "1.mp4"), ("A", "002121.mp4"), ("B", "00999_fake.mp4"), ("B", "00021.mp4")} <= names
    assert ("C", "00005.mp4") in names
    assert any("_" in clip.name.split("_", 2)[-1] for clip in clips if clip.method == "fsgan")


def test_the_list_has_three_clips_twice_one_row_too_many_and_one_too_few() -> None:
    todo = plan(DemoSettings())
    assert Counter(len(clip.methods) for clip in todo.clips) == {1: 475, 2: 3, 0: 1}
    assert {clip.methods for clip in todo.clips if len(clip.methods) == 2} == {
        ("faceswap-wav2lip", "wav2lip")
    }
    assert {kind: len(paths) for kind, paths in todo.quirks.items()} == {
        "duplicate_rows": 3, "file_without_row": 1, "row_without_file": 1
    }  # fmt: skip
    assert not {clip.path for clip in todo.missing} & {clip.path for clip in todo.clips}


def test_a_row_holds_the_name_under_path_and_the_folder_in_a_nameless_column() -> None:
    clip = next(clip for clip in plan(DemoSettings()).clips if clip.type == "B")
    [row] = rows_of(clip)
    named = dict(zip(LIST_HEADER.split(","), row.split(","), strict=True))
    assert LIST_HEADER.endswith(",path,")
    assert named["path"] == clip.name
    assert named[""] == f"FakeAVCeleb/{clip.folder}"
    assert (named["source"], named["method"], named["category"]) == (clip.person.identity, "rtvc", "B")


@pytest.mark.parametrize("num_identities", [2, 3, 7, 20])
@pytest.mark.parametrize("num_edits", [1, 4])
def test_any_size_has_a_mate_for_everybody(num_identities: int, num_edits: int) -> None:
    sizes = {"num_identities": num_identities, "num_recordings": num_edits, "num_edits": num_edits}
    todo = plan(DemoSettings(**sizes))
    assert len({clip.path for clip in todo.clips}) == len(todo.clips)
    assert all(clip.speaker != clip.person for clip in todo.clips if clip.method == "wav2lip")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"seed": -1}, "seed: must be >= 0, got -1"),
        ({"shortcut": "duration"}, "no shortcut 'duration'; have: leading_silence"),
        ({"weak_group": "African"}, "no group 'African'; have: African/men, African/women"),
        (
            {"num_identities": 2, "weak_group": "African/women"},
            "no group 'African/women'; have: African/men$",
        ),
        ({"num_identities": 1}, "num_identities: must be from 2 to 1000, got 1"),
        ({"num_recordings": 0}, "num_recordings: must be from 1 to 20, got 0"),
        ({"num_edits": 3}, "num_edits: must be from 1 to 2, got 3"),
    ],
)
def test_settings_that_cannot_be_made_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        DemoSettings(**wrong)
