"""Warnings about missing groups and about files that were left out."""

import pandas as pd

from avdf.config.schema import FramesConfig
from avdf.data.video.store import FrameStore
from avdf.experiment.data_warnings import (
    groups_without_clips,
    lost_groups,
    missing_group_warnings,
    missing_modality_warnings,
    shared_faces_warnings,
    skipped_warnings,
    unknown_group_warnings,
)

LISTED = pd.DataFrame({"race": ["African"] * 3 + ["Asian (East)"], "gender": ["men", "women"] * 2})


def skipped(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["clip", "reason", "detail"])


def test_a_group_of_the_data_set_that_test_lacks_is_named_with_its_number_of_clips():
    lost = groups_without_clips(LISTED, LISTED.tail(1), ["race", "gender"])
    assert lost == {"race": {"African": 3}, "gender": {"men": 2}}
    assert list(missing_group_warnings(lost)) == [
        "MISSING GROUP: no test clip is of race African (3 clips in the data set); this report says nothing "
        "about them.",
        "MISSING GROUP: no test clip is of gender men (2 clips in the data set); this report says nothing "
        "about them.",
    ]
    assert groups_without_clips(LISTED, LISTED, ["race", "gender"]) == {}


def test_files_left_out_are_counted_by_reason_the_most_frequent_first():
    rows = skipped(("a.mp4", "no row", ""), ("b.mp4", "unreadable", "x"), ("c.mp4", "unreadable", "y"))
    assert list(skipped_warnings(rows)) == [
        "3 files were left out when the data was read (2 unreadable, 1 no row); skipped.csv lists each."
    ]
    assert list(skipped_warnings(rows.head(0))) == []


def test_folders_of_an_unknown_group_are_named():
    rows = skipped(("A/Martian", "unknown group", "24 files in it"), ("b.mp4", "unreadable", "x"))
    (first,) = unknown_group_warnings(rows)
    (second,) = skipped_warnings(rows)
    assert first == "MISSING GROUP: not read, since the group is unknown: A/Martian (24 files in it)."
    assert "left out" in second
    assert lost_groups({"race": {"African": 3}}, rows) == ["race African", "A/Martian"]


def test_only_five_names_stand_in_a_sentence():
    lost = {"race": {f"group {number}": 1 for number in range(7)}}
    (sentence,) = missing_group_warnings(lost)
    assert "group 4 (1 clip in the data set) and 2 more;" in sentence


def test_faces_in_train_and_test_are_said_of_a_detector_that_looks():
    certificate = {"pairs": {"train-test": {"num_shared_faces": 3}}}
    (sentence,) = shared_faces_warnings(certificate, looks=True)
    assert sentence.startswith("FACES: 3 faces of the test split are in train, too. data.split.name face")
    assert list(shared_faces_warnings(certificate, looks=False)) == []
    assert list(shared_faces_warnings({"pairs": {"train-test": {"num_shared_faces": 0}}}, looks=True)) == []


def test_a_clip_without_sound_is_no_warning_of_a_detector_that_hears_nothing():
    frames = FrameStore(FramesConfig(), {}, skipped(("dark.mp4", "no video", "no video stream")))
    unheard, names = skipped(("silent.mp4", "no audio", "no audio stream")), ["dark.mp4", "silent.mp4"]
    assert list(missing_modality_warnings(frames, unheard, names, hears=True)) == [
        "NO PICTURE: 1 clip of the test split cannot be seen, and is scored by the sound alone: dark.mp4: no "
        "video (no video stream).",
        "NO SOUND: 1 clip of the test split cannot be heard, and is scored by the picture alone: silent.mp4: "
        "no audio (no audio stream).",
    ]
    assert list(missing_modality_warnings(frames, unheard, names, hears=False)) == []
