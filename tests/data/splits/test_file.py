"""Splits read from a file, and the certificate that ties them to their data."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from making.clip_tables import people

from avdf.config.schema import SplitConfig
from avdf.data.splits.certificate import check_certificate
from avdf.data.splits.rules import split_clips
from avdf.errors import TableError


def written(folder: Path, table: pd.DataFrame, certificate: dict[str, Any] | None = None) -> SplitConfig:
    table.to_csv(folder / "split.csv", index=False)
    if certificate is not None:
        (folder / "certificate.json").write_text(json.dumps(certificate))
    return SplitConfig(name="file", path=str(folder / "split.csv"))


def test_a_split_written_to_a_file_comes_back_as_it_was(tmp_path: Path) -> None:
    clips = people(20)
    made = split_clips(clips, SplitConfig(), seed=0)
    read = split_clips(clips, written(tmp_path, made.table, made.certificate), seed=7)
    assert read.table.equals(made.table)
    assert read.certificate["pairs"] == made.certificate["pairs"]


def test_a_file_keeps_what_it_lists_and_counts_the_rest_as_dropped(tmp_path: Path) -> None:
    clips = people(10)
    table = pd.DataFrame({"clip": clips["clip"][:10], "split": ["train"] * 9 + ["test"]})
    split = split_clips(clips, written(tmp_path, table), seed=0)
    assert len(split.table) == 10
    assert split.certificate["num_dropped"] == 30
    assert split.certificate["leaks"]  # the tenth clip is of the third person, as the ninth is


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("A/0000.mp4", "train"), ("A/0000.mp4", "test")], "'A/0000.mp4' is listed twice"),
        ([("A/0000.mp4", "trian")], "no split 'trian', did you mean 'train'"),
        (
            [("A/0000.mp4", "train"), ("X/1.mp4", "test")],
            "'X/1.mp4' is not in the clip table; .* names such as 'A/0000.mp4'",
        ),
        ([("A/0000.mp4", "test")], "no clip is in 'train'"),
    ],
)
def test_a_wrong_split_file_is_refused_with_the_row_it_is_wrong_in(
    rows: list[tuple[str, str]], words: str, tmp_path: Path
) -> None:
    rule = written(tmp_path, pd.DataFrame(rows, columns=["clip", "split"]))
    with pytest.raises(TableError, match=words):
        split_clips(people(3), rule, seed=0)


def test_a_split_file_with_the_backslashes_of_windows_names_the_same_clips(tmp_path: Path) -> None:
    table = pd.DataFrame({"clip": ["A\\0000.mp4", "A/0004.mp4"], "split": ["train", "test"]})
    split = split_clips(people(3), written(tmp_path, table), seed=0)
    assert split.table["clip"].tolist() == ["A/0000.mp4", "A/0004.mp4"]


def test_a_split_file_that_is_not_there_or_lacks_a_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        split_clips(people(3), SplitConfig(name="file", path=str(tmp_path / "none.csv")), seed=0)
    rule = written(tmp_path, pd.DataFrame({"clip": ["A/0000.mp4"], "part": ["train"]}))
    with pytest.raises(TableError, match="lacks the column 'split'"):
        split_clips(people(3), rule, seed=0)


@pytest.mark.parametrize("change", ["label", "size", "removed", "split", "no hash"])
def test_a_certificate_of_other_data_or_another_split_is_refused(change: str, tmp_path: Path) -> None:
    clips = people(20)
    made = split_clips(clips, SplitConfig(), seed=0)
    table, certificate = made.table.copy(), dict(made.certificate)
    if change == "label":
        clips.loc[0, "audio_fake"] = 1
    elif change == "size":
        clips.loc[0, "size_bytes"] += 1
    elif change == "removed":
        unlisted = table["clip"].iloc[0]
        table, clips = table.iloc[1:], clips[clips["clip"] != unlisted]
    elif change == "split":
        table.loc[0, "split"] = "test" if table.loc[0, "split"] == "train" else "train"
    else:
        del certificate["data_hash"]
    key = "split_hash" if change == "split" else "data_hash"
    with pytest.raises(TableError, match=rf"{key} is .* not"):
        split_clips(clips, written(tmp_path, table, certificate), seed=0)


def test_a_certificate_matches_its_data_in_any_order_of_rows() -> None:
    clips = people(20)
    made = split_clips(clips, SplitConfig(), seed=0)
    check_certificate(made.certificate, clips[::-1], made.table[::-1])
