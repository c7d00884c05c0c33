"""A FakeAVCeleb folder with the quirks its copies have becomes a table that accounts for each file."""

from pathlib import Path

import pandas as pd
import pytest
from making.folders import HEADER, make

from avdf.corpora.fakeavceleb.index import index_folder as index
from avdf.corpora.fakeavceleb.labels import standard_key
from avdf.corpora.fakeavceleb.metadata import read_rows
from avdf.errors import ConfigError, TableError

A = "RealVideo-RealAudio/African/men/id00076/00109.mp4"


B = "RealVideo-FakeAudio/African/men/id00076/00109_fake.mp4"


C = "FakeVideo-RealAudio/African/men/id00076/00109_id01637_AbC_d-f_12g.mp4"


D = "FakeVideo-FakeAudio/African/men/id00076/00109_2_id01637_wavtolip.mp4"


def row(path: str, method: str, folder: str = "FakeAVCeleb/") -> str:
    """A row as the raw list has it: the name under `path`, the folder in the nameless column."""
    place, _, name = path.rpartition("/")
    return f"id00076,-,-,{method},A,T,African,men,{name},{folder}{place}"


def write_list(root: Path, *rows: str, header: str = HEADER) -> None:
    (root / "meta_data.csv").write_text("\n".join([header, *rows, ""]))


def four_clips(root: Path) -> Path:
    make(root, A, B, C, D)
    write_list(root, row(A, "real"), row(B, "rtvc"), row(C, "fsgan"), row(D, "faceswap-wav2lip"))
    return root


def test_the_type_folder_says_what_is_fake_in_a_clip(tmp_path: Path) -> None:
    clips = index(four_clips(tmp_path)).clips.set_index("type")
    assert clips["audio_fake"].to_dict() == {"A": 0, "B": 1, "C": 0, "D": 1}
    assert clips["video_fake"].to_dict() == {"A": 0, "B": 0, "C": 1, "D": 1}
    assert clips["method"].to_dict() == {"A": "real", "B": "rtvc", "C": "fsgan", "D": "faceswap-wav2lip"}
    assert clips["audio_attack"].to_dict() == {"A": "", "B": "sv2tts", "C": "", "D": "sv2tts"}
    assert clips["video_attack"].to_dict() == {"A": "", "B": "", "C": "fsgan", "D": "faceswap-wav2lip"}
    assert set(clips["race"]) == {"African"}
    assert set(clips["gender"]) == {"men"}
    assert clips["size_bytes"].to_dict()["A"] == len(A)


def test_the_identities_are_those_of_the_name_and_the_last_one_speaks_where_lips_follow_it(
    tmp_path: Path,
) -> None:
    clips = index(four_clips(tmp_path)).clips.set_index("type")
    assert clips["identities"].to_dict() == {
        "A": "id00076",
        "B": "id00076",
        "C": "id00076;id01637",
        "D": "id00076;id01637",
    }
    assert clips["voice"].to_dict() == {"A": "id00076", "B": "id00076", "C": "id00076", "D": "id01637"}
    assert clips["voice_rule"].to_dict() == {"A": "source", "B": "source", "C": "source", "D": "last in name"}


def test_the_variant_with_folder_under_path_and_a_filename_column_is_the_same_table(tmp_path: Path) -> None:
    raw = index(four_clips(tmp_path / "raw")).clips
    other = make(tmp_path / "other", A, B, C, D)
    lines = [
        f"id00076,-,-,{method},A,African,men,{path.rpartition('/')[2]},FakeAVCeleb/{path.rpartition('/')[0]}/"
        for path, method in ((A, "real"), (B, "rtvc"), (C, "fsgan"), (D, "faceswap-wav2lip"))
    ]
    header = "source,target1,target2,method,category,race,gender,filename,path"
    write_list(other, *lines, header=header)
    pd.testing.assert_frame_equal(index(other).clips, raw)


def test_without_a_list_folders_and_names_say_the_same(tmp_path: Path) -> None:
    with_list = index(four_clips(tmp_path))
    (tmp_path / "meta_data.csv").unlink()
    without = index(tmp_path)
    pd.testing.assert_frame_equal(without.clips, with_list.clips)
    assert without.summary["num_rows"] == 0
    assert with_list.summary["num_rows"] == 4


def test_a_file_with_two_rows_is_one_clip_with_the_longer_method_and_both_are_listed(tmp_path: Path) -> None:
    make(tmp_path, A, D)
    write_list(tmp_path, row(A, "real"), row(D, "wav2lip"), row(D, "faceswap-wav2lip"))
    indexed = index(tmp_path)
    assert indexed.clips.set_index("clip").loc[D, ["method", "methods"]].tolist() == [
        "faceswap-wav2lip",
        "faceswap-wav2lip;wav2lip",
    ]
    assert indexed.summary["num_duplicate_rows"] == 1
    assert indexed.summary["duplicate_rows"] == [D]
    counts = [indexed.summary[name] for name in ("num_rows", "num_files", "num_clips")]
    assert counts == [3, 2, 2]


def test_rows_without_file_and_files_without_row_are_left_out_by_name(tmp_path: Path) -> None:
    make(tmp_path, A, B)
    write_list(tmp_path, row(A, "real"), row(C, "fsgan"))
    indexed = index(tmp_path)
    assert indexed.clips["clip"].tolist() == [A]
    assert indexed.skipped[["clip", "reason"]].to_numpy().tolist() == [[C, "missing file"], [B, "no row"]]
    assert indexed.summary["num_skipped_by_reason"] == {"missing file": 1, "no row": 1}


def test_races_are_spelled_one_way_and_a_second_spelling_of_a_clip_is_named(tmp_path: Path) -> None:
    spellings = ("Asian_East", "Asian-East", "Asian (East)", "asian east")
    keys = {standard_key(f"RealVideo-RealAudio/{race}/men/id00001/1.mp4") for race in spellings}
    assert keys == {"RealVideo-RealAudio/Asian (East)/men/id00001/1.mp4"}
    first, second = (f"RealVideo-RealAudio/{race}/men/id00001/1.mp4" for race in spellings[:2])
    indexed = index(make(tmp_path, first, second))
    assert indexed.clips[["clip", "race"]].to_numpy().tolist() == [[second, "Asian (East)"]]
    assert indexed.skipped[["clip", "reason"]].to_numpy().tolist() == [[first, "same clip"]]


def test_the_same_name_in_c_and_d_is_two_clips(tmp_path: Path) -> None:
    name = "African/men/id00076/00109_id01637_wavtolip.mp4"
    indexed = index(make(tmp_path, f"FakeVideo-RealAudio/{name}", f"FakeVideo-FakeAudio/{name}"))
    assert indexed.clips["type"].tolist() == ["D", "C"]
    assert indexed.clips["clip"].is_unique


def test_a_root_nested_once_more_is_found_and_other_files_are_ignored(tmp_path: Path) -> None:
    inner = four_clips(tmp_path / "FakeAVCeleb_v1.2" / "FakeAVCeleb_v1.2")
    make(inner, A.replace(".mp4", ".txt"), "RealVideo-RealAudio/readme.txt")
    indexed = index(tmp_path)
    assert indexed.root == inner
    assert (len(indexed.clips), len(indexed.skipped)) == (4, 0)


def test_a_list_above_the_type_folders_is_used(tmp_path: Path) -> None:
    make(tmp_path / "FakeAVCeleb_v1.2", A, B)
    write_list(tmp_path, row(A, "real"))
    indexed = index(tmp_path)
    assert indexed.clips["clip"].tolist() == [A]
    assert indexed.skipped["reason"].tolist() == ["no row"]


def test_clips_in_unexpected_places_are_named(tmp_path: Path) -> None:
    odd = ["stray.mp4", "African/id00001/1.mp4", "African/men/someone/1.mp4", "African/men/id00001/cut/1.mp4"]
    indexed = index(
        make(tmp_path, A, *(f"RealVideo-RealAudio/{name}" for name in odd), "Extra/1.mp4", "x.wav")
    )
    assert indexed.clips["clip"].tolist() == [A]
    assert set(indexed.skipped["reason"]) == {"unexpected place"}
    assert dict(zip(indexed.skipped["clip"], indexed.skipped["detail"].str[:9], strict=True)) == {
        "Extra": "1 file in",
        "RealVideo-RealAudio/African/id00001": "1 file in",
        "RealVideo-RealAudio/African/men/id00001/cut": "1 file in",
        "RealVideo-RealAudio/African/men/someone": "1 file in",
        "RealVideo-RealAudio/stray.mp4": "a clip li",
        "x.wav": "a clip li",
    }


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("../outside", "secret.mp4"),
        ("FakeAVCeleb/RealVideo-RealAudio/../../../outside", "secret.mp4"),
        ("/outside/RealVideo-RealAudio/African/men/id00001", "secret.mp4"),
        ("..\\outside", "secret.mp4"),
    ],
)
def test_a_row_that_leads_out_of_the_root_is_refused_and_named(
    folder: str, name: str, tmp_path: Path
) -> None:
    root = make(tmp_path / "root", A)
    make(tmp_path, "outside/secret.mp4")
    write_list(root, row(A, "real"), f"id00001,-,-,real,A,T,African,men,{name},{folder}")
    indexed = index(root)
    assert indexed.clips["clip"].tolist() == [A]
    assert indexed.skipped["reason"].tolist() == ["outside root"]
    assert indexed.skipped["clip"].iloc[0].endswith("secret.mp4")


def test_links_out_of_the_root_are_refused_and_links_within_it_are_files(tmp_path: Path) -> None:
    root = make(tmp_path / "root", A)
    outside = make(tmp_path / "outside", "1.mp4", "id00009/2.mp4")
    folder = (root / A).parent
    (folder / "out.mp4").symlink_to(outside / "1.mp4")
    (folder / "in.mp4").symlink_to(root / A)
    (folder.parent / "id00009").symlink_to(outside / "id00009")
    (root / "RealVideo-FakeAudio").symlink_to(outside)
    indexed = index(root)
    assert [Path(clip).name for clip in indexed.clips["clip"]] == ["00109.mp4", "in.mp4"]
    assert indexed.skipped[["clip", "reason"]].to_numpy().tolist() == [
        ["RealVideo-FakeAudio", "outside root"],
        ["RealVideo-RealAudio/African/men/id00009", "outside root"],
        ["RealVideo-RealAudio/African/men/id00076/out.mp4", "outside root"],
    ]


def test_a_name_that_is_not_utf8_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, A)
    odd = (tmp_path / A).parent.as_posix().encode() + b"/\xff.mp4"
    try:
        with open(odd, "wb"):
            pass
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    indexed = index(tmp_path)
    assert indexed.skipped["reason"].tolist() == ["unexpected name"]
    indexed.skipped.to_csv(tmp_path / "skipped.csv")


def test_a_byte_order_mark_and_a_missing_method_do_no_harm(tmp_path: Path) -> None:
    make(tmp_path, A, D)
    write_list(tmp_path, row(A, "real"), row(D, "-"), header="\ufeff" + HEADER)
    assert index(tmp_path).clips["method"].tolist() == ["faceswap-wav2lip", "real"]


def test_what_is_no_folder_no_dataset_or_no_list_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.root: no folder"):
        index(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="holds none of the folders RealVideo-RealAudio"):
        index(tmp_path)
    (tmp_path / "RealVideo-RealAudio").mkdir()
    with pytest.raises(ConfigError, match="no clip in it"):
        index(tmp_path)
    make(tmp_path, A)
    write_list(tmp_path, "1,2", header="a,b")
    with pytest.raises(TableError, match="no column 'method'"):
        index(tmp_path)
    write_list(tmp_path, "id00076,-")
    with pytest.raises(TableError, match="line 2: 2 values for 10 columns"):
        read_rows(tmp_path / "meta_data.csv")
    (tmp_path / "meta_data.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TableError, match="can't be read as a CSV"):
        index(tmp_path)


def test_the_mini_data_has_the_quirks_its_readme_lists(mini: Path) -> None:
    indexed = index(mini)
    assert indexed.summary["num_files"] == 478
    assert indexed.summary["num_rows"] == 482
    assert indexed.summary["num_duplicate_rows"] == 4
    assert indexed.summary["num_skipped_by_reason"] == {"missing file": 2, "no row": 2}
    assert indexed.summary["num_by_type"] == {"A": 119, "B": 120, "C": 119, "D": 118}
    assert indexed.summary["num_identities"] == 40
