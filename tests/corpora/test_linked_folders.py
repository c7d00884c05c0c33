"""Links in a FakeAVCeleb folder: read inside the folder that was given, named everywhere else."""

import shutil
from pathlib import Path

import pytest
from making.folders import make

from avdf.corpora.fakeavceleb.index import index_folder
from avdf.errors import ConfigError

TYPES = ("RealVideo-RealAudio", "RealVideo-FakeAudio")
CLIP = "RealVideo-RealAudio/African/men/id00076/00109.mp4"


def test_links_between_folders_are_followed_once(tmp_path: Path) -> None:
    make(tmp_path, CLIP, "elsewhere/Caucasian (European)/women/id00001/1.mp4")
    top = tmp_path / TYPES[0]
    (top / "Caucasian (European)").symlink_to(tmp_path / "elsewhere" / "Caucasian (European)")
    (top / "Black").symlink_to(top / "African")
    (top / "African" / "loop").symlink_to(tmp_path)
    (tmp_path / TYPES[1]).symlink_to(tmp_path / "missing")
    index = index_folder(tmp_path)
    assert index.clips["race"].tolist() == ["African", "Caucasian (European)"]
    reasons = dict(zip(index.skipped["clip"], index.skipped["reason"], strict=True))
    assert reasons[f"{TYPES[0]}/Black"] == "link"
    assert reasons[TYPES[1]] == "missing file"


def test_a_folder_of_links_and_a_type_folder_are_refused_with_the_remedy(tmp_path: Path) -> None:
    make(tmp_path / "set", CLIP)
    links = tmp_path / "links"
    links.mkdir()
    (links / TYPES[0]).symlink_to(tmp_path / "set" / TYPES[0])
    with pytest.raises(ConfigError, match=r"RealVideo-RealAudio: outside root \(a link to .*set"):
        index_folder(links)
    shutil.rmtree(links)
    links.mkdir()
    (links / "here").symlink_to(tmp_path / "set")
    with pytest.raises(ConfigError, match=r"Links are not followed here \(here\): give their target"):
        index_folder(links)
    with pytest.raises(ConfigError, match="is one of the type folders; give the folder above it"):
        index_folder(tmp_path / "set" / TYPES[0])
