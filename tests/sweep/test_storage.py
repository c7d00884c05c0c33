"""The folder of a sweep belongs to one study, and its database is checked before it is used."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from avdf.errors import ConfigError, UserError
from avdf.sweep.storage import check_folder, claim_folder, database_in, open_storage
from avdf.sweep.study import open_study


@pytest.mark.parametrize("name", ["a?b", "a%3Fb", "a{b}", "a b"])
def test_the_database_is_in_the_folder_with_any_characters_in_its_name(tmp_path: Path, name: str):
    open_study(database_in(tmp_path / name), "one", prunes=True, num_epochs=1)
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


def test_the_password_of_a_shared_database_is_not_stored_and_may_change(tmp_path: Path):
    claim_folder(tmp_path, "one", "postgresql://user:secret@host/db")
    check_folder(tmp_path, "one", "postgresql://user:changed@host/db")
    assert "secret" not in (tmp_path / "study.json").read_text()


def test_a_folder_with_an_empty_database_is_accepted(tmp_path: Path):
    database_in(tmp_path)
    (tmp_path / "study.db").touch()
    check_folder(tmp_path, "one", None)


def test_a_file_or_a_folder_with_other_files_is_refused(tmp_path: Path):
    (tmp_path / "mine.txt").touch()
    for out in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(UserError, match="holds something that is not a sweep; name another folder"):
            check_folder(out, "one", None)


@pytest.mark.parametrize("content", [b"[]", b"{", b"\xff", b"[" * 9999, b" " * 2_000_000])
def test_a_mark_that_is_not_of_a_sweep_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "study.json").write_bytes(content)
    with pytest.raises(UserError, match="name another folder"):
        check_folder(tmp_path, "one", None)


def test_a_pipe_and_a_file_of_a_terabyte_are_not_opened_as_a_database(tmp_path: Path):
    for name in ("pipe", "large"):
        (tmp_path / name).mkdir()
    os.mkfifo(tmp_path / "pipe" / "study.db")
    (tmp_path / "large" / "study.db").touch()
    os.truncate(tmp_path / "large" / "study.db", 1 << 40)
    with pytest.raises(ConfigError, match=r"study\.db is not a regular file; name another folder"):
        open_storage(database_in(tmp_path / "pipe"))
    with pytest.raises(ConfigError, match=r"study\.db is larger than 256 MiB"):
        open_storage(database_in(tmp_path / "large"))


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"


@pytest.mark.parametrize(
    ("kind", "statements"),
    [
        ("view", ["DROP TABLE studies", f"CREATE VIEW studies AS {ENDLESS}"]),
        ("trigger", [f"CREATE TRIGGER t AFTER INSERT ON trials BEGIN {ENDLESS}; END"]),
    ],
)
def test_a_view_or_a_trigger_that_never_ends_is_not_run(tmp_path: Path, kind: str, statements: list[str]):
    open_storage(database_in(tmp_path))
    with closing(sqlite3.connect(tmp_path / "study.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    with pytest.raises(ConfigError, match=f"study.db holds the {kind} '.*', not a table; name another"):
        open_storage(database_in(tmp_path))
