"""Data of one's own: a CSV, a TSV or JSON lines whose columns are named in the settings."""

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from making.folders import make
from making.imitation import text

from avdf.corpora import index_corpus, open_corpus, read_corpus
from avdf.errors import ConfigError, TableError

ROWS = [("0.wav", "real", "a"), ("1.wav", "fake", "b")]


def read(root: Path, **settings: Any) -> list[list[Any]]:
    table = index_corpus("table", root, settings).clips
    return table[["clip", "audio_fake", "voice"]].to_numpy().tolist()


@pytest.mark.parametrize("kind", ["csv", "tsv", "semicolon", "spaces", "jsonl", "json", "parquet"])
def test_seven_kinds_of_table_say_the_same(kind: str, tmp_path: Path) -> None:
    make(tmp_path, "0.wav", "1.wav")
    if kind == "parquet":
        pd.DataFrame(ROWS, columns=["path", "label", "who"]).to_parquet(tmp_path / "mine.parquet")
        assert read(tmp_path, speaker="who") == [["0.wav", 0, "a"], ["1.wav", 1, "b"]]
        return
    separator = {"csv": ",", "tsv": "\t", "semicolon": ";", "spaces": "  "}.get(kind)
    if separator:
        lines = [separator.join(row) for row in [("path", "label", "who"), *ROWS]]
        text(tmp_path, "mine.tsv" if kind == "tsv" else "mine.csv", *lines)
    else:
        items = [dict(zip(("path", "label", "who"), row, strict=True)) for row in ROWS]
        whole = [json.dumps(items)] if kind == "json" else [json.dumps(item) for item in items]
        text(tmp_path, f"mine.{kind}", *whole)
    assert read(tmp_path, speaker="who") == [["0.wav", 0, "a"], ["1.wav", 1, "b"]]


@pytest.mark.parametrize("kind", ["csv", "tsv", "json", "jsonl"])
def test_a_table_may_be_compressed_and_is_no_archive_then(kind: str, tmp_path: Path) -> None:
    make(tmp_path, "0.wav", "1.wav")
    table = pd.DataFrame(ROWS, columns=["path", "label", "who"])
    whole = table.to_csv(index=False, sep="\t" if kind == "tsv" else ",")
    if kind.startswith("json"):
        whole = table.to_json(orient="records", lines=kind == "jsonl")
    (tmp_path / f"mine.{kind}.gz").write_bytes(gzip.compress(whole.encode()))
    index = index_corpus("table", tmp_path, {"speaker": "who"})
    assert index.clips["voice"].tolist() == ["a", "b"]
    assert index.skipped.empty


@pytest.mark.parametrize(
    ("start", "encoding"), [("\ufeff", "utf-8"), ("\ufeff", "utf-16-le"), ("\ufeff", "utf-16-be")]
)
def test_a_byte_order_mark_line_ends_of_windows_and_utf_16_are_understood(
    start: str, encoding: str, tmp_path: Path
) -> None:
    make(tmp_path, "0.wav", "1.wav")
    text_of_table = start + "\r\n".join(["path,label,who", *map(",".join, ROWS)])  # no line end at the end
    (tmp_path / "mine.csv").write_bytes(text_of_table.encode(encoding))
    assert read(tmp_path, speaker="who") == [["0.wav", 0, "a"], ["1.wav", 1, "b"]]


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"<!DOCTYPE html>", "a page of HTML or XML; download the table itself"),
        (b"version https://git-lfs", "a pointer of Git LFS; fetch the file"),
        (b"PK\x03\x04", "a zip archive or an Excel workbook"),
        (gzip.compress(b"path,label", mtime=0)[:-9], "copy the file again"),
        (gzip.compress(b"<html>", mtime=0), "a page of HTML"),
    ],
)
def test_what_is_no_table_is_named(start: bytes, what: str, tmp_path: Path) -> None:
    make(tmp_path, "0.wav")
    (tmp_path / "mine.csv").write_bytes(start)
    with pytest.raises(TableError, match=what):
        read(tmp_path)


def test_a_parquet_table_keeps_zeros_blanks_and_stretches(tmp_path: Path) -> None:
    make(tmp_path, "0.wav", "1.wav", "2.wav")
    rows = {
        "audio": [{"path": f"{number}.wav", "bytes": b"RIFF"} for number in range(3)],
        "label": [False, True, True],
        "who": ["007", "NA", None],
        "year": [1999.0, None, 2001.0],
        "where": [[], [[0.5, 1.25]], [[0.0, 1.0], [3.0, 4.0]]],
    }
    pd.DataFrame(rows).to_parquet(tmp_path / "mine.parquet")
    settings = {"path": "audio.path", "speaker": "who", "groups": ["year"], "segments": "where"}
    table = index_corpus("table", tmp_path, settings).clips
    assert table["voice"].tolist() == ["007", "NA", "2.wav"]
    assert table["year"].tolist() == ["1999", "", "2001"]
    assert table["fake_segments"].tolist() == ["", "0.5-1.25", "0-1;3-4"]
    with pytest.raises(TableError, match=r"mine\.parquet: no column 'path', did you mean 'audio\.path'\?"):
        read(tmp_path)


def test_the_root_may_be_the_table_and_the_table_may_lie_elsewhere(tmp_path: Path) -> None:
    make(tmp_path, "media/0.wav", "media/1.wav")
    text(tmp_path, "lists/mine.csv", "path,label", "0.wav,bonafide", "1.wav,spoof")
    text(tmp_path, "media/a.csv", "path,label", "0.wav,bonafide", "1.wav,spoof")
    text(tmp_path, "media/b.csv", "nothing")
    expected = [["0.wav", 0, "0.wav"], ["1.wav", 1, "1.wav"]]
    assert read(tmp_path / "media/a.csv") == expected
    assert read(tmp_path / "media", file="a.csv") == expected
    assert read(tmp_path / "media", file=str(tmp_path / "lists/mine.csv")) == expected
    with pytest.raises(
        ConfigError, match=r"data\.table\.file: .* several tables \(a\.csv, b\.csv\); name the one"
    ):
        read(tmp_path / "media")
    with pytest.raises(ConfigError, match=r"data\.table\.file: no file .*c\.csv"):
        read(tmp_path / "media", file="c.csv")


def test_words_of_one_s_own_replace_the_usual_ones(tmp_path: Path) -> None:
    make(tmp_path, "0.wav", "1.wav")
    text(tmp_path, "mine.csv", "path,is_real", "0.wav,1", "1.wav,0")
    assert [row[1] for row in read(tmp_path, label="is_real", real=["1"], fake=["0"])] == [0, 1]
    with pytest.raises(ConfigError, match="real and fake both list '1'"):
        open_corpus("table", {"real": ["1"], "fake": ["1"]}, "data.table")


def test_pictures_and_stretches_of_a_table(tmp_path: Path) -> None:
    make(tmp_path, "0.mp4", "1.mp4")
    rows = ["0.mp4,0,1,dfl,0.1-0.4;2-3", "1.mp4,0,0,,"]
    text(tmp_path, "mine.csv", "path,sound,picture,by,where", *rows)
    settings = {"label": "sound", "video_label": "picture", "video_attack": "by", "segments": "where"}
    table = read_corpus("table", tmp_path, settings)
    assert table["type"].tolist() == ["fake video", "real"]
    assert table["video_attack"].tolist() == ["dfl", ""]
    assert table["fake_segments"].tolist() == ["0.1-0.4;2-3", ""]


@pytest.mark.parametrize("name", ["clip", "type", "split", "score", "identity", "corpus", "duration_s"])
def test_a_group_may_not_be_called_as_a_column_of_avdf(name: str) -> None:
    with pytest.raises(ConfigError, match=f"groups: '{name}' is a column of every table of clips or scores"):
        open_corpus("table", {"groups": [name]}, "data.table")


def test_bona_fide_may_be_two_words_and_letters_of_any_case(tmp_path: Path) -> None:
    make(tmp_path, "0.wav", "1.wav", "2.wav")
    text(tmp_path, "mine.csv", "path,label", "0.wav,Bona Fide", "1.wav,SPOOF", "2.wav,Human")
    assert [row[1] for row in read(tmp_path)] == [0, 1, 0]


def test_clips_of_people_whom_nobody_knows_are_not_of_one_person(tmp_path: Path) -> None:
    names = ("Unknown", "null", "-", "NA", "")
    make(tmp_path, *(f"{number}.wav" for number in range(6)))
    rows = [f"{number}.wav,{number % 2},{name}" for number, name in enumerate(("unknown", *names))]
    text(tmp_path, "mine.csv", "path,label,who", *rows)
    voices = [row[2] for row in read(tmp_path, speaker="who")]
    assert voices == ["0.wav", "1.wav", "2.wav", "3.wav", "NA", "5.wav"]


def test_a_wrong_setting_is_answered_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.table\.speeker: no such key, did you mean 'speaker'\?"):
        open_corpus("table", {"speeker": "x"}, "data.table")
    with pytest.raises(ConfigError, match="label or video_label must name a column"):
        open_corpus("table", {"label": None}, "data.table")
