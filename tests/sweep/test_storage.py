"""Whose a sweep's folder is."""

from pathlib import Path

import pytest

from avdf.errors import UserError
from avdf.sweep.storage import check_folder, claim_folder, own_database
from avdf.sweep.study import open_study


@pytest.mark.parametrize("name", ["a?b", "a%3Fb", "a{b}", "a b"])
def test_the_database_lies_in_the_folder_whatever_its_name(tmp_path: Path, name: str):
    open_study(own_database(tmp_path / name), "one", prunes=True, num_epochs=1)
    assert (tmp_path / name / "study.db").is_file()
    assert len(list(tmp_path.rglob("*"))) == 2


def test_a_folder_belongs_to_one_study_wherever_it_is_moved(tmp_path: Path):
    first, moved = tmp_path / "first", tmp_path / "moved"
    check_folder(first, "one", None)
    claim_folder(first, "one", None)
    first.rename(moved)
    check_folder(moved, "one", None)
    for study, storage in (("two", None), ("one", "postgresql://host/db")):
        with pytest.raises(UserError, match="holds another study"):
            check_folder(moved, study, storage)


def test_the_password_of_a_database_is_not_written_down_and_may_change(tmp_path: Path):
    claim_folder(tmp_path, "one", "postgresql://user:secret@host/db")
    check_folder(tmp_path, "one", "postgresql://user:changed@host/db")
    assert "secret" not in (tmp_path / "study.json").read_text()


def test_a_folder_of_a_sweep_that_was_killed_at_once_is_its_own(tmp_path: Path):
    own_database(tmp_path)
    (tmp_path / "study.db").touch()
    check_folder(tmp_path, "one", None)


def test_a_file_or_a_folder_of_something_else_is_refused(tmp_path: Path):
    (tmp_path / "mine.txt").touch()
    for out in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(UserError, match="holds something that is no sweep; name another folder"):
            check_folder(out, "one", None)
