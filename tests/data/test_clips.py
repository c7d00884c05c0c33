"""The clip table: read back as it was written, refused where it can't be trusted."""

from pathlib import Path

import pandas as pd
import pytest

from avdf.data.clips import REQUIRED_COLUMNS, check_clips, data_hash, is_fake, one_per_track, read_clips
from avdf.errors import TableError


def table() -> pd.DataFrame:
    """A clip of each type; the name of the first needs quotes in a CSV, and its track is not known."""
    rows = [
        ['A/"one", two.mp4', "A", "real", "African", "men", "id1", "id1", "source", "id1", "", 0, 0, 10],
        ["B/1.mp4", "B", "rtvc", "African", "men", "id1", "id1", "source", "id1", "t1", 1, 0, 20],
        ["C/1.mp4", "C", "fsgan", "African", "men", "id1", "id1", "source", "id1;id2", "t2", 0, 1, 30],
        [
            "D/1.mp4",
            "D",
            "wav2lip",
            "African",
            "men",
            "id1",
            "id2",
            "last in name",
            "id1;id2",
            "t3",
            1,
            1,
            40,
        ],
    ]
    columns = [*REQUIRED_COLUMNS[:3], "race", "gender", *REQUIRED_COLUMNS[3:], "size_bytes"]
    return pd.DataFrame(rows, columns=columns)


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "clips.csv", index=False)
    read = read_clips(tmp_path / "clips.csv")[list(table())]
    assert read.to_numpy().tolist() == table().to_numpy().tolist()
    assert data_hash(read) == data_hash(table())


def test_a_table_without_attacks_gets_the_method_of_the_fakes_and_blanks_stay_text(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "clips.csv", index=False)
    read = read_clips(tmp_path / "clips.csv")
    assert read["audio_attack"].tolist() == ["", "rtvc", "", "wav2lip"]
    assert read["video_attack"].tolist() == ["", "", "fsgan", "wav2lip"]
    read.assign(audio_attack="sv2tts", fake_segments="").to_csv(tmp_path / "clips.csv", index=False)
    again = read_clips(tmp_path / "clips.csv")
    assert set(again["audio_attack"]) == {"sv2tts"}
    assert again["fake_segments"].tolist() == [""] * 4


def test_a_c_clip_is_real_audio_and_a_b_clip_real_video() -> None:
    assert is_fake(table(), "audio").tolist() == [False, True, False, True]
    assert is_fake(table(), "video").tolist() == [False, False, True, True]
    assert is_fake(table(), "any").tolist() == [False, True, True, True]


def test_the_hash_knows_labels_and_sizes_but_neither_order_nor_what_was_found_by_listening() -> None:
    before = data_hash(table())
    assert data_hash(table()[::-1]) == before
    assert data_hash(table().assign(track="t9", voice="id9", voice_rule="recording")) == before
    assert data_hash(table().assign(race="Asian (East)")) != before
    assert data_hash(table().assign(size_bytes=11)) != before
    assert data_hash(table()[1:]) != before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda clips: clips[:0], "has no rows"),
        (
            lambda clips: pd.concat([clips, clips[1:2]]),
            "^clip 'B/1.mp4' is listed more than once; keep one row per clip$",
        ),
        (
            lambda clips: pd.concat([clips, clips[1:], clips[1:]]),
            r"^clip 'B/1.mp4' \(and 2 other clips\) is listed more than once",
        ),
        (
            lambda clips: clips.assign(audio_fake=[0, 1, 7, 7]),
            r"'audio_fake': must be 0 or 1, but 7 is given for clip 'C/1.mp4' \(2 of 4 rows are wrong\)",
        ),
        (lambda clips: clips.assign(video_fake=float("nan")), "'video_fake': must be 0 or 1, but nan"),
    ],
)
def test_a_table_that_can_not_be_trusted_is_refused(change, words: str) -> None:
    with pytest.raises(TableError, match=words):
        check_clips(change(table()))


def test_a_file_that_is_no_clip_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"no such file; tools/prepare\.py writes a clips\.csv"):
        read_clips(tmp_path / "clips.csv")
    (tmp_path / "clips.csv").write_text("")
    with pytest.raises(TableError, match="can't be read as a CSV"):
        read_clips(tmp_path / "clips.csv")
    table().drop(columns="voice").to_csv(tmp_path / "clips.csv", index=False)
    with pytest.raises(TableError, match="lacks the column 'voice'"):
        read_clips(tmp_path / "clips.csv")


def test_each_recording_once_from_a_real_video_where_there_is_one() -> None:
    clips = table().assign(track=["t1", "t2", "t1", "t2"])
    assert one_per_track(clips[::-1])["type"].tolist() == ["B", "A"]
    assert one_per_track(clips[2:])["type"].tolist() == ["C", "D"]


def test_unknown_recordings_all_stay_and_a_disputed_one_stays_with_both_labels() -> None:
    assert len(one_per_track(table().assign(track=""))) == 4
    assert one_per_track(table().assign(track="t1"))["type"].tolist() == ["A", "B"]
