"""Copies of FakeAVCeleb in other layouts: every file below the root is accounted for."""

import os
from pathlib import Path

import pytest
from making.folders import HEADER, make

from avdf.corpora.fakeavceleb.index import index_folder
from avdf.errors import ConfigError, TableError

TYPES = ("RealVideo-RealAudio", "RealVideo-FakeAudio", "FakeVideo-RealAudio", "FakeVideo-FakeAudio")


CLIP = "RealVideo-RealAudio/African/men/id00076/00109.mp4"


FAKE = "FakeVideo-FakeAudio/African/men/id00076/00109_2_id01637_wavtolip.mp4"


def skipped(folder: Path) -> list[tuple[str, str]]:
    return [(row.clip, row.reason) for row in index_folder(folder).skipped.itertuples()]


def test_a_link_whose_target_was_not_fetched_is_a_missing_file(tmp_path: Path) -> None:
    make(tmp_path, FAKE)
    (tmp_path / CLIP).parent.mkdir(parents=True)
    (tmp_path / CLIP).symlink_to("../../../../.git/annex/objects/not-fetched.mp4")
    assert skipped(tmp_path) == [(CLIP, "missing file")]
    assert "git-annex" in index_folder(tmp_path).skipped["detail"][0]
    line = f"id00076,-,-,real,A,T,African,men,00109.mp4,FakeAVCeleb/{Path(CLIP).parent}"
    fake = f"id00076,-,-,wav2lip,D,T,African,men,{Path(FAKE).name},FakeAVCeleb/{Path(FAKE).parent}"
    (tmp_path / "meta_data.csv").write_text(f"{HEADER}\n{line}\n{fake}\n")
    assert skipped(tmp_path) == [(CLIP, "missing file")]  # named once, though the list names it as well


def test_a_link_into_the_folder_that_was_given_is_read(tmp_path: Path) -> None:
    make(tmp_path, ".git/annex/objects/1.mp4")
    (tmp_path / "data" / CLIP).parent.mkdir(parents=True)
    (tmp_path / "data" / CLIP).symlink_to(tmp_path / ".git/annex/objects/1.mp4")
    assert index_folder(tmp_path).clips["clip"].tolist() == [CLIP]
    with pytest.raises(ConfigError, match=r"no clip in it .*/00109\.mp4: outside root"):
        index_folder(tmp_path / "data")


def test_a_list_that_is_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    make(tmp_path, CLIP)
    (tmp_path / "meta_data.csv").symlink_to("not-fetched.csv")
    with pytest.raises(TableError, match=r"meta_data\.csv: can't be read"):
        index_folder(tmp_path)


def test_a_download_unpacked_as_several_folders_is_one_data_set(tmp_path: Path) -> None:
    make(tmp_path / "part-001", CLIP)
    make(tmp_path / "part-002", FAKE)
    index = index_folder(tmp_path)
    assert index.root == tmp_path
    assert index.clips["clip"].tolist() == [f"part-002/{FAKE}", f"part-001/{CLIP}"]
    assert index.clips["type"].tolist() == ["D", "A"]
    make(tmp_path / "part-002", CLIP)
    assert skipped(tmp_path) == [(f"part-002/{CLIP}", "same clip")]


def test_a_linked_part_of_a_download_is_named(tmp_path: Path) -> None:
    make(tmp_path / "got" / "part-001", CLIP)
    make(tmp_path / "disk", FAKE)
    (tmp_path / "got" / "part-002").symlink_to(tmp_path / "disk")
    assert skipped(tmp_path / "got") == [("part-002", "outside root")]


def test_the_roots_that_are_read_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(tmp_path / "a", CLIP)
    make(tmp_path / "b", FAKE)
    with caplog.at_level("INFO"):
        index_folder(tmp_path)
    assert f"read from {tmp_path / 'a'} and {tmp_path / 'b'}" in caplog.text


@pytest.mark.parametrize(
    ("folder", "race"),
    [
        ("Black", "African"),
        ("Asian (Eastern)", "Asian (East)"),
        ("Asian (Southern)", "Asian (South)"),
        ("East Asian", "Asian (East)"),
        ("south_asian", "Asian (South)"),
        ("White-American", "Caucasian (American)"),
        ("EuropeanCaucasian", "Caucasian (European)"),
    ],
)
def test_races_are_read_in_the_spellings_of_papers_and_of_the_data_set_s_own_page(
    folder: str, race: str, tmp_path: Path
) -> None:
    index = index_folder(make(tmp_path, CLIP.replace("African", folder)))
    assert index.clips["race"].tolist() == [race]
    assert index.skipped.empty


@pytest.mark.parametrize(
    ("folder", "gender"), [("Men", "men"), ("male", "men"), ("Female", "women"), ("W", "")]
)
def test_genders_are_read_in_plain_spellings(folder: str, gender: str, tmp_path: Path) -> None:
    index = index_folder(make(tmp_path, FAKE, CLIP.replace("/men/", f"/{folder}/")))
    assert index.clips["gender"].tolist() == ["men", *([gender] if gender else [])]
    assert len(index.skipped) == (0 if gender else 1)


def test_case_of_folders_identities_and_suffixes_does_not_matter(tmp_path: Path) -> None:
    name = "REALVIDEO-REALAUDIO/african/MEN/ID00076/00109.MP4"
    index = index_folder(make(tmp_path, name))
    assert index.clips[["clip", "type", "race", "gender", "source"]].to_numpy().tolist() == [
        [name, "A", "African", "men", "id00076"]
    ]


def test_a_group_that_is_not_known_is_named_once_with_its_number_of_files(tmp_path: Path) -> None:
    nubian = [f"{TYPES[0]}/Nubian/men/id0000{n}/1.mp4" for n in range(3)]
    elf = f"{TYPES[0]}/African/elf/id00001/1.mp4"
    index = index_folder(make(tmp_path, CLIP, *nubian, elf))
    assert index.skipped.to_numpy().tolist() == [
        [
            f"{TYPES[0]}/African/elf",
            "unknown group",
            "1 file in it; its name is not a race or gender of FakeAVCeleb",
        ],
        [
            f"{TYPES[0]}/Nubian",
            "unknown group",
            "3 files in it; its name is not a race or gender of FakeAVCeleb",
        ],
    ]


def test_a_group_of_the_data_set_without_any_clip_is_a_warning(tmp_path: Path) -> None:
    races = ("African", "Asian (East)", "Asian (South)", "Caucasian (American)")
    paths = [
        f"{name}/{race}/{gender}/id00001/1.mp4"
        for name in TYPES
        for race in races
        for gender in ("men", "women")
    ]
    index = index_folder(make(tmp_path, *paths))
    assert index.warnings == (
        "MISSING GROUP: no clip is of race Caucasian (European), which FakeAVCeleb has; "
        "this report says nothing about them.",
    )
    make(tmp_path, f"{TYPES[0]}/Caucasian (European)/men/id00009/1.mp4")
    assert index_folder(tmp_path).warnings == ()


def test_what_macos_and_unfinished_copies_leave_is_left_out_by_name(tmp_path: Path) -> None:
    place = str(Path(CLIP).parent)
    make(tmp_path, CLIP, f"{place}/._00109.mp4", f"{place}/.00110.mp4", f"{place}/.DS_Store")
    make(tmp_path, f"__MACOSX/{place}/._00109.mp4", "._meta_data.csv")
    assert skipped(tmp_path) == [
        (f"{place}/.00110.mp4", "hidden file"),
        (f"{place}/._00109.mp4", "hidden file"),
    ]
    assert index_folder(tmp_path).clips["clip"].tolist() == [CLIP]


def test_a_copy_with_the_sound_alone_is_a_data_set_with_the_same_labels(tmp_path: Path) -> None:
    make(tmp_path, CLIP.replace(".mp4", ".mp3"), FAKE.replace(".mp4", ".WAV"))
    fake = f"id00076,-,-,faceswap-wav2lip,D,T,African,men,{Path(FAKE).name},FakeAVCeleb/{Path(FAKE).parent}"
    real = f"id00076,-,-,real,A,T,African,men,00109.mp4,FakeAVCeleb/{Path(CLIP).parent}"
    (tmp_path / "meta_data.csv").write_text(f"{HEADER}\n{fake}\n{real}\n")
    clips = index_folder(tmp_path).clips
    assert clips["clip"].tolist() == [FAKE.replace(".mp4", ".WAV"), CLIP.replace(".mp4", ".mp3")]
    assert clips[["audio_fake", "video_fake"]].to_numpy().tolist() == [[1, 1], [0, 0]]
    assert clips["voice"].tolist() == ["id01637", "id00076"]
    make(tmp_path, CLIP)
    assert skipped(tmp_path) == [(CLIP.replace(".mp4", ".mp3"), "same clip")]  # the film is preferred


def test_other_files_beside_clips_and_archives_are_named(tmp_path: Path) -> None:
    place = str(Path(CLIP).parent)
    make(
        tmp_path,
        CLIP,
        f"{place}/00109.npy",
        f"{place}/more.zip",
        f"{place}/00111",
        "part-002.tar",
        "notes.txt",
    )
    assert dict(skipped(tmp_path)) == {
        f"{place}/00109.npy": "unexpected file",
        f"{place}/00111": "unexpected file",
        f"{place}/more.zip": "unexpected file",
        "part-002.tar": "unexpected file",
    }


def test_a_pipe_and_a_folder_that_may_not_be_opened_are_named(tmp_path: Path) -> None:
    make(tmp_path, CLIP, FAKE)
    os.mkfifo((tmp_path / CLIP).with_name("pipe.mp4"))
    closed = (tmp_path / FAKE).parent
    closed.chmod(0)
    try:
        rows = skipped(tmp_path)
    finally:
        closed.chmod(0o755)
    assert (str(Path(CLIP).with_name("pipe.mp4")), "not a file") in rows
    if os.geteuid():  # root may open any folder
        assert (str(Path(FAKE).parent), "unreadable") in rows


def test_a_folder_whose_files_may_not_be_examined_is_no_traceback(tmp_path: Path) -> None:
    if not os.geteuid():
        pytest.skip("root may examine any file")
    make(tmp_path, CLIP, FAKE)
    closed = (tmp_path / FAKE).parent
    closed.chmod(0o444)
    try:
        assert skipped(tmp_path) == [(FAKE, "not a file")]
    finally:
        closed.chmod(0o755)


@pytest.mark.parametrize(
    "name",
    ["set.zip.001", "set.z01", "set.part1.rar", "set.tar.zst", "00109.mp4.part", "x.crdownload", "1.mxf"],
)
def test_volumes_of_archives_unfinished_downloads_and_media_beside_the_types_are_named(
    name: str, tmp_path: Path
) -> None:
    make(tmp_path, CLIP, name)
    assert [clip for clip, _ in skipped(tmp_path)] == [name]


def test_an_unfinished_copy_of_rsync_is_named(tmp_path: Path) -> None:
    name = f"{Path(CLIP).parent}/.00110.mp4.Xy12ab"
    make(tmp_path, CLIP, name)
    assert skipped(tmp_path) == [(name, "hidden file")]


@pytest.mark.parametrize("suffix", ["m2ts", "mxf", "w64", "m4b", "caf", "MP2"])
def test_every_suffix_of_a_media_container_is_a_clip(suffix: str, tmp_path: Path) -> None:
    name = f"{Path(CLIP).parent}/00110.{suffix}"
    make(tmp_path, CLIP, name)
    assert index_folder(tmp_path).clips["clip"].tolist() == [CLIP, name]
