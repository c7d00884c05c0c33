"""Tables that are wrong, missing or ambiguous are answered with the file, the row and the remedy."""

from pathlib import Path
from typing import Any

import pytest
from making.folders import make
from making.imitation import text

from avdf.corpora import index_corpus
from avdf.data.clips import Index
from avdf.errors import ConfigError, TableError

PROTOCOL = "ASVspoof2019.LA.cm.train.trn.txt"


def index(root: Path, name: str = "in_the_wild", **settings: Any) -> Index:
    return index_corpus(name, root, settings)


def reasons(read: Index) -> dict[str, str]:
    return dict(zip(read.skipped["clip"], read.skipped["reason"], strict=True))


def wild(root: Path, *rows: str) -> Path:
    """Two clips and a list of these rows."""
    make(root, "0.wav", "1.wav")
    text(root, "meta.csv", "file,speaker,label", *rows)
    return root


def test_without_its_table_a_folder_is_no_corpus(tmp_path: Path) -> None:
    make(tmp_path, "0.wav")
    message = r"data\.root: no meta\.csv or modified_meta\.csv below .*; is it the folder of In-the-Wild\?"
    with pytest.raises(ConfigError, match=message):
        index(tmp_path)
    with pytest.raises(ConfigError, match=r"no folder .*nowhere"):
        index(tmp_path / "nowhere")


def test_another_version_of_a_headerless_table_is_refused_by_its_number_of_columns(tmp_path: Path) -> None:
    text(tmp_path, "ASVspoof5.train.tsv", "T_4850 T_0000000000 F A05 spoof -")
    with pytest.raises(TableError, match=r"ASVspoof5\.train\.tsv: its first line has 6 columns, not 10"):
        index(tmp_path, "asvspoof5")


def test_a_column_that_is_missing_is_named_with_the_nearest(tmp_path: Path) -> None:
    text(tmp_path, "meta.csv", "file,speaker,labels", "0.wav,A,spoof")
    with pytest.raises(TableError, match=r"meta\.csv: no column 'label', did you mean 'labels'\?"):
        index(tmp_path)


def test_a_table_none_of_whose_files_is_there_is_named_once(tmp_path: Path) -> None:
    make(tmp_path, "flac/LA_T_1.flac", "flac/LA_T_2.flac")
    text(tmp_path, PROTOCOL, "LA_1 LA_T_1 - - bonafide", "LA_1 LA_T_2 - A01 spoof")
    lines = [f"LA_2 LA_D_{number} - - bonafide" for number in range(9)]
    text(tmp_path, PROTOCOL.replace("train.trn", "dev.trl"), *lines)
    read = index(tmp_path, "asvspoof2019_la")
    assert reasons(read) == {"ASVspoof2019.LA.cm.dev.trl.txt": "missing file"}
    assert read.skipped["detail"].tolist() == ["none of its 9 rows has a file"]
    assert [line[:40] for line in read.warnings] == ["NOT READ: no ASVspoof2019.LA.cm.eval.tr["]


def test_if_every_label_is_unknown_the_message_names_a_row_and_the_known_words(tmp_path: Path) -> None:
    wild(tmp_path, "0.wav,A,echt", "1.wav,A,echt")
    with pytest.raises(
        ConfigError, match=r"0\.wav: unknown label \(meta\.csv, line 2: label is 'echt' \(known: b"
    ):
        index(tmp_path)


def test_paths_that_leave_the_folder_are_not_read(tmp_path: Path) -> None:
    root = wild(tmp_path / "root", "0.wav,A,spoof", "../secret.wav,A,spoof", "/etc/secret.wav,A,spoof")
    make(tmp_path, "secret.wav")
    assert reasons(index(root)) == {
        "../secret.wav": "outside root",
        "/etc/secret.wav": "missing file",
        "1.wav": "no row",
    }


def test_a_name_that_two_folders_hold_is_not_guessed(tmp_path: Path) -> None:
    make(tmp_path, "a/0.wav", "b/0.wav", "b/1.flac", "b/1.wav")
    text(tmp_path, "meta.csv", "file,speaker,label", "0.wav,A,spoof", "1.wav,A,spoof", "b/0.wav,A,spoof")
    read = index(tmp_path)
    assert read.clips["clip"].tolist() == ["b/0.wav", "b/1.wav"]
    assert reasons(read) == {"0.wav": "several files", "a/0.wav": "no row", "b/1.flac": "no row"}


def test_media_of_another_suffix_and_a_root_inside_or_above_are_found(tmp_path: Path) -> None:
    make(tmp_path, "deep/er/clips/0.flac")
    text(tmp_path, "deep/meta.csv", "file,speaker,label", "clips/0.wav,A,bona-fide")
    assert index(tmp_path).clips["clip"].tolist() == ["deep/er/clips/0.flac"]
    assert index(tmp_path / "deep").clips["clip"].tolist() == ["er/clips/0.flac"]
    text(tmp_path / "deep/er/clips", "meta.csv", "file,speaker,label", "other/clips/0.wav,A,bona-fide")
    assert index(tmp_path / "deep/er/clips").clips["clip"].tolist() == ["0.flac"]


def test_a_quote_that_is_never_closed_is_refused_with_its_line(tmp_path: Path) -> None:
    wild(tmp_path, '0.wav,"A,spoof', "1.wav,A,spoof", "2.wav,A,spoof")
    with pytest.raises(TableError, match=r"meta\.csv: .*line 4: a quote opened 3 lines before is not closed"):
        index(tmp_path)


def test_a_quote_that_swallows_rows_is_refused_though_the_values_fit(tmp_path: Path) -> None:
    make(tmp_path, "0.wav", "1.wav")
    text(tmp_path, "mine.csv", "path,label,who", '0.wav,real,"A', "1.wav,fake,B")
    with pytest.raises(TableError, match=r"line 3: a quote opened 2 lines before is not closed"):
        index(tmp_path, "table", speaker="who")
    text(tmp_path, "mine.csv", "path,label,who", '0.wav,real,"A\nB"', '1.wav,fake,5"')
    assert index(tmp_path, "table", speaker="who").clips["voice"].tolist() == ["A\nB", '5"']


@pytest.mark.parametrize(
    ("column", "values", "detail"),
    [
        ("part", ("train", "test"), "official_split is test, in another row train"),
        ("gender", ("m", "f"), "gender is women, in another row men"),
        ("gender", ("m", ""), "gender is blank, in another row men"),
        ("where", ("0-1", "0-2"), "fake_segments is 0-2, in another row 0-1"),
    ],
)
def test_two_rows_of_a_clip_that_differ_in_more_than_labels_contradict_each_other(
    column: str, values: tuple[str, str], detail: str, tmp_path: Path
) -> None:
    make(tmp_path, "0.wav", "1.wav")
    text(
        tmp_path, "mine.csv", f"path,label,{column}", *(f"0.wav,fake,{value}" for value in values), "1.wav,0,"
    )
    settings: dict[str, Any] = {"part": {"split": "part"}, "where": {"segments": "where"}}.get(
        column, {"groups": ["gender"]}
    )
    read = index(tmp_path, "table", **settings)
    assert reasons(read) == {"0.wav": "contradicting rows"}
    assert read.skipped["detail"].iloc[0].endswith(detail)


def test_two_columns_of_one_name_and_a_table_without_rows_are_named(tmp_path: Path) -> None:
    make(tmp_path, "0.wav")
    text(tmp_path, "mine.csv", "path,label,label", "0.wav,real,fake")
    with pytest.raises(TableError, match=r"mine\.csv: two columns are called 'label'; rename or remove one"):
        index(tmp_path, "table")
    for lines in ([], ["path,label"]):
        text(tmp_path, "mine.csv", *lines)
        with pytest.raises(
            ConfigError, match=r"no clip of the table mine\.csv in it; its tables hold no rows"
        ):
            index(tmp_path, "table")


def test_of_files_of_one_name_the_one_beside_the_table_is_meant_then_that_at_the_path(
    tmp_path: Path,
) -> None:
    make(tmp_path, "0.wav", "1.wav", "inner/0.wav", "inner/1.wav", "other/2.wav", "inner/2.wav")
    rows = ("path,label", "0.wav,real", "1.wav,fake")
    text(tmp_path, "mine.csv", *rows)
    assert index(tmp_path, "table").clips["clip"].tolist() == ["0.wav", "1.wav"]
    text(tmp_path, "inner/mine.csv", *rows, "2.wav,fake")
    read = index(tmp_path, "table", file="inner/mine.csv")
    assert read.clips["clip"].tolist() == ["inner/0.wav", "inner/1.wav", "inner/2.wav"]
    text(tmp_path, "lists/mine.csv", *rows)
    assert index(tmp_path, "table", file="lists/mine.csv").clips["clip"].tolist() == ["0.wav", "1.wav"]


def test_a_table_in_another_encoding_and_a_corpus_without_settings_say_so(tmp_path: Path) -> None:
    make(tmp_path, "0.wav")
    (tmp_path / "mine.csv").write_bytes("path,label,who\n0.wav,real,René\n".encode("latin-1"))
    with pytest.raises(TableError, match="it is not UTF-8; save it as UTF-8"):
        index(tmp_path, "table")
    with pytest.raises(ConfigError, match="the corpus 'in_the_wild' has no settings; leave out label"):
        index(tmp_path, label="key")


def test_blanks_of_json_are_nobody_and_its_numbers_are_those_of_a_csv(tmp_path: Path) -> None:
    make(tmp_path, "0.wav", "1.wav", "2.wav")
    items = '[{"path": "0.wav", "label": 0.0, "who": NaN}, {"path": "1.wav", "label": true, "who": 7.0}'
    (tmp_path / "mine.json").write_text(items + ', {"path": "2.wav", "label": NaN, "who": null}]')
    read = index(tmp_path, "table", speaker="who")
    assert read.clips["voice"].tolist() == ["0.wav", "7"]
    assert reasons(read) == {"2.wav": "no label"}


def test_in_the_wild_of_folders_real_and_fake_has_nobody_by_name(tmp_path: Path) -> None:
    make(tmp_path, "real/0.wav", "fake/0.wav")
    text(tmp_path, "modified_meta.csv", "file,label", "real/0.wav,real", "fake/0.wav,fake")
    clips = index(tmp_path).clips
    assert clips[["clip", "audio_fake", "voice", "voice_rule"]].to_numpy().tolist() == [
        ["fake/0.wav", 1, "fake/0.wav", "clip"],
        ["real/0.wav", 0, "real/0.wav", "clip"],
    ]


def test_rows_that_agree_are_counted_and_an_odd_split_is_a_warning(tmp_path: Path) -> None:
    make(tmp_path, "a/0.wav", "a/1.wav")
    text(
        tmp_path,
        "mine.csv",
        "path,label,part",
        "a/0.wav,real,train",
        "a/1.wav,1,holdout",
        "a/1.wav,fake,holdout",
    )
    read = index(tmp_path, "table", split="part")
    assert read.summary["duplicate_rows"] == ["a/1.wav"]
    assert read.clips["official_split"].tolist() == ["train", ""]
    assert read.warnings == (
        "UNKNOWN WORD: official_split is 'holdout' for 1 clips; they are read as clips without "
        "official_split.",
    )


def test_a_corpus_of_one_class_says_so(tmp_path: Path) -> None:
    read = index(wild(tmp_path, "0.wav,A,spoof", "1.wav,A,spoof"))
    assert read.warnings[0].startswith("ONE CLASS: all 2 clips are fake audio; a detector needs both")
