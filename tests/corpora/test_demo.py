"""The demo corpus: made on first use, read as it is later, marked as made up however it is found."""

import json
import shutil
from pathlib import Path

import pytest

from avdf.corpora import index_corpus
from avdf.demo.making import make_demo
from avdf.demo.marker import MADE_UP, is_demo
from avdf.demo.plan import DemoSettings
from avdf.errors import ConfigError, UserError


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people with one clip of each type; one has no D clip."""
    settings = DemoSettings(num_identities=2, num_recordings=1)
    return make_demo(tmp_path_factory.mktemp("demo") / "two", settings, workers=1)


def test_a_demo_of_other_settings_is_read_by_its_outer_and_by_its_inner_folder(demo: Path) -> None:
    outer, inner = index_corpus("demo", demo.parent), index_corpus("demo", demo)
    assert outer.clips.equals(inner.clips)
    assert len(outer.clips) == 6
    assert outer.warnings[0] == MADE_UP


def test_it_is_the_same_table_that_fakeavceleb_reads(demo: Path) -> None:
    as_fakeavceleb = index_corpus("fakeavceleb", demo)
    assert as_fakeavceleb.clips.equals(index_corpus("demo", demo).clips)
    assert MADE_UP not in as_fakeavceleb.warnings


def test_another_folder_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="exists already and is no demo data"):
        index_corpus("demo", tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_marker_with_a_value_of_another_type_is_refused_in_words(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo.parent, tmp_path / "copy")
    marker = tmp_path / "copy" / demo.name / "DEMO.json"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"num_identities": "two"}))
    with pytest.raises(ConfigError, match=r"DEMO\.json holds a value of another type"):
        index_corpus("demo", tmp_path / "copy")


def test_a_demo_joined_with_other_folders_is_still_marked(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "part-002")
    assert is_demo(tmp_path)
    (tmp_path / "part-002" / "DEMO.json").write_text("[" * 100_000)
    assert not is_demo(tmp_path)
