"""Parquet files as tables of text: damaged ones, those that unpack to too much, and without pyarrow."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from avdf.command import MISTAKE, attempt
from avdf.errors import TableError
from avdf.parquet import parquet_blocks, parquet_table


def test_cells_are_the_text_of_a_csv_and_blocks_follow_each_other(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    numbers = range(70_000)  # more than one block
    pd.DataFrame({"clip": [f"c{number % 7}" for number in numbers], "score": numbers}).to_parquet(path)
    assert [len(block["clip"]) for block in parquet_blocks(path)] == [65536, 70_000 - 65536]
    table = parquet_table(path)
    assert table.iloc[69_999].tolist() == ["c6", "69999"]
    pd.DataFrame({"a": [1e300, 0.1, float("nan")], "b": [True, False, None]}).to_parquet(path)
    assert parquet_table(path).to_numpy().tolist() == [["1e+300", "true"], ["0.1", "false"], ["", ""]]


def test_a_file_that_is_damaged_or_unpacks_to_too_much_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    pd.DataFrame({"clip": ["x"] * 100_000}).to_parquet(path)
    assert path.stat().st_size < 5_000
    with pytest.raises(TableError, match=r"scores\.parquet: is larger than 0 MB, unpacked"):
        parquet_table(path, max_bytes=199_999)  # 100,000 cells of at least 2 bytes
    assert len(parquet_table(path, max_bytes=200_000)) == 100_000
    path.write_bytes(path.read_bytes()[:-20] + b"PAR1")
    with pytest.raises(TableError, match=r"scores\.parquet: can't be read as Parquet"):
        parquet_table(path)
    with pytest.raises(TableError, match="is not a regular file"):
        parquet_table(tmp_path)


def test_without_pyarrow_the_message_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "scores.parquet"
    pd.DataFrame({"clip": ["x"]}).to_parquet(path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    status, message = attempt(lambda: parquet_table(path))
    assert (status, message) == (MISTAKE, "the package pyarrow is missing; install avdf[parquet]")
