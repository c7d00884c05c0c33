"""Data of one's own: a CSV, a TSV or JSON lines whose columns are named in the settings."""

import json
from pathlib import Path
from typing import Any

import pytest
from making.folders import make
from making.imitation import text

from avdf.corpora import index_corpus, open_corpus, read_corpus
from avdf.errors import ConfigError

ROWS = [("0.wav", "real", "a"), ("1.wav", "fake", "b")]


def read(root: Path, **settings: Any) -> list[list[Any]]:
    table = index_corpus("table", root, settings).clips
    return table[["clip", "audio_fake", "voice"]].to_numpy().tolist()


@pytest.mark.parametrize("kind", ["csv", "tsv", "semicolon", "spaces", "jsonl", "json"])
def test_six_kinds_of_table_say_the_same(kind: str, tmp_path: Path) -> None:
    make(tmp_path, "0.wav", "1.wav")
    separator = {"csv": ",", "tsv": "\t", "semicolon": ";", "spaces": "  "}.get(kind)
    if separator:
        lines = [separator.join(row) for row in [("path", "label", "who"), *ROWS]]
        text(tmp_path, "mine.tsv" if kind == "tsv" else "mine.csv", *lines)
    else:
        items = [dict(zip(("path", "label", "who"), row, strict=True)) for row in ROWS]
        whole = [json.dumps(items)] if kind == "json" else [json.dumps(item) for item in items]
        text(tmp_path, f"mine.{kind}", *whole)
    assert read(tmp_path, speaker="who") == [["0.wav", 0, "a"], ["1.wav", 1, "b"]]


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


def test_a_wrong_setting_is_answered_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.table\.speeker: no such key, did you mean 'speaker'\?"):
        open_corpus("table", {"speeker": "x"}, "data.table")
    with pytest.raises(ConfigError, match="label or video_label must name a column"):
        open_corpus("table", {"label": None}, "data.table")
