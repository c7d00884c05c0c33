"""FakeAVCeleb's list as people save it: other separators, other roots, and files that are no list."""

import os
from pathlib import Path

import pytest

from avdf.corpora.fakeavceleb.index import index_folder
from avdf.errors import TableError

CLIP = "RealVideo-RealAudio/African/men/id00076/00109.mp4"
FOLDER = str(Path(CLIP).parent)
HEADER = "source,target1,target2,method,category,type,race,gender,filename,path\n"
ROW = f"id00076,-,-,real,A,RealVideo-RealAudio,African,men,00109.mp4,FakeAVCeleb/{FOLDER}\n"


def data_set(root: Path, text: str, clip: str = CLIP) -> Path:
    (root / clip).parent.mkdir(parents=True)
    (root / clip).write_text("a clip")
    (root / "meta_data.csv").write_text(text)
    return root


@pytest.mark.parametrize(
    "text",
    [
        (HEADER + ROW).replace(",", ";"),
        (HEADER + ROW).replace(",", "\t"),
        (HEADER + ROW).replace(",", ", "),
        HEADER.title() + ROW,
        HEADER + ROW.replace("FakeAVCeleb/", "/home/someone/FakeAVCeleb_v1.2/"),
        HEADER + ROW.replace("FakeAVCeleb/", "C:\\data\\FakeAVCeleb\\"),
        HEADER.strip() + ",note\n" + ROW.strip() + ",n/a\n",
    ],
    ids=["semicolons", "tabs", "blanks", "capitals", "absolute", "Windows", "a note with a slash"],
)
def test_a_row_names_its_clip_however_the_list_was_saved(text: str, tmp_path: Path) -> None:
    index = index_folder(data_set(tmp_path, text))
    assert (index.clips["clip"].tolist(), len(index.skipped)) == ([CLIP], 0)


def test_the_list_of_an_audio_copy_may_name_its_own_files(tmp_path: Path) -> None:
    sound = CLIP.replace(".mp4", ".wav")
    index = index_folder(data_set(tmp_path, HEADER + ROW.replace(".mp4", ".wav"), sound))
    assert (index.clips["clip"].tolist(), len(index.skipped)) == ([sound], 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<!DOCTYPE html><html>Sign in</html>", "It begins with '<!DOCTYPE html>"),
        ("version https://git-lfs.github.com/spec/v1\nsize 3\n", "It begins with 'version https://git-lfs"),
        ("", "It is empty"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_beginning(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=words):
        index_folder(data_set(tmp_path, text))


def test_a_pipe_in_the_place_of_the_list_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    data_set(tmp_path, HEADER)
    (tmp_path / "meta_data.csv").unlink()
    os.mkfifo(tmp_path / "meta_data.csv")
    with pytest.raises(TableError, match="a pipe"):
        index_folder(tmp_path)
