"""Files appear whole or not at all, JSON is strict, CSV ends its lines with a line feed."""

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pandas as pd
import pytest

from avdf.errors import TableError, UserError
from avdf.files import (
    atomic_file,
    atomic_folder,
    create_text,
    json_text,
    read_csv_table,
    write_csv,
    write_text,
)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail_half_way() -> None:
        with atomic_file(path) as part:
            part.write_text("new, but")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/a\.txt: can't be written .*; choose another folder"):
        write_text(tmp_path / "file" / "a.txt", "x")


def test_json_is_strict_sorted_and_null_where_there_is_no_number():
    text = json_text({"b": np.float64("nan"), "a": [np.int64(1), float("inf")], "ä": np.array([True])})
    assert json.loads(text, parse_constant=pytest.fail) == {"a": [1, None], "b": None, "ä": [True]}
    assert text.index('"a"') < text.index('"b"')
    assert "ä" in text


def test_csv_has_a_header_and_line_feeds(tmp_path: Path):
    write_csv(tmp_path / "t.csv", pd.DataFrame({"clip": ["a, b"], "n": [1]}))
    assert (tmp_path / "t.csv").read_bytes() == b'clip,n\n"a, b",1\n'


def test_a_folder_appears_when_its_block_ends_and_not_when_it_fails(tmp_path: Path):
    with atomic_folder(tmp_path / "a") as part:
        write_text(part / "x.txt", "new")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a" / "x.txt").read_text() == "new"

    def fail_half_way() -> None:
        with atomic_folder(tmp_path / "a") as part:
            write_text(part / "x.txt", "newer")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert (tmp_path / "a" / "x.txt").read_text() == "new"
    with pytest.raises(FileExistsError), atomic_folder(tmp_path / "a", replace=False):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_csv_with_a_byte_order_mark_is_read_and_na_stays_a_word(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("\ufeffclip,n\nNA,1\n007,\n", encoding="utf-8")
    assert read_csv_table(path, "make one").values.tolist() == [["NA", "1"], ["007", ""]]
    typed = read_csv_table(path, "make one", dtype={"clip": str})
    assert typed["clip"].tolist() == ["NA", "007"]
    assert typed["n"].isna().tolist() == [False, True]
    with pytest.raises(TableError, match=r"none\.csv: no such file; make one"):
        read_csv_table(tmp_path / "none.csv", "make one")


def test_of_many_that_create_one_file_one_succeeds_and_its_text_is_whole(tmp_path: Path):
    gate, path = Barrier(8), tmp_path / "config.yaml"

    def create(number: int) -> bool:
        gate.wait()
        try:
            create_text(path, f"{number}\n" * 1000)
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(create, range(8)))
    assert sum(created) == 1
    assert path.read_text() == f"{created.index(True)}\n" * 1000
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_names_the_folder_and_leaves_nothing(tmp_path: Path):
    def fill_the_disk() -> None:
        with atomic_folder(tmp_path / "audit") as part:
            (part / "figure.png").write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(UserError, match=r"audit: can't be written \(No space left on device\)"):
        fill_the_disk()
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_or_device_is_not_replaced_by_a_file(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UserError, match=r"pipe: is not a regular file; name a file"):
        write_text(pipe, "text")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_file_in_the_place_of_a_folder_is_named_and_kept(tmp_path: Path):
    (tmp_path / "out").write_text("old")
    with pytest.raises(UserError, match=r"out: is a file; name a folder"), atomic_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
