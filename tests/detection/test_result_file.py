"""Results are rows of a file as soon as they are known, and an interrupted file is continued."""

import csv
import json
import resource
import signal
from pathlib import Path
from typing import Any

import pytest

from avdf.detection.result_file import ResultFile
from avdf.errors import UserError

FACTS = {"detector": "abc", "whole": "mean", "threshold": 0.25, "prevalence": 0.5}


def result(path: str, **changes: Any) -> dict[str, Any]:
    values = {"path": path, "score": 0.75, "called_fake": True, "call": "fake", "llr": None,
              "probability_fake": None, "seconds": 2.0, "training_distance": None, "warnings": ["a", "b"],
              "words": 'called "fake"; so', "error": None, **FACTS}  # fmt: skip
    return values | changes


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_each_row_is_in_the_file_before_the_next_is_known(suffix: str, tmp_path: Path):
    path = tmp_path / "new" / f"results.{suffix}"
    with ResultFile(path, resume=False).writing() as write:
        for number in range(3):
            write(result(f"{number}.wav"))
            assert [row["path"] for row in rows_of(path)] == [f"{n}.wav" for n in range(number + 1)]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_file_cut_at_any_byte_is_continued_to_the_same_bytes(suffix: str, tmp_path: Path):
    path = tmp_path / f"results.{suffix}"
    names = ["plain.wav", 'odd ",\n name é.wav', "last.wav", "plain.wav"]
    with ResultFile(path, resume=False).writing() as write:
        for name in names:
            write(result(name))
    whole = path.read_bytes()
    for cut in [0, 1, *range(2, len(whole), 29), len(whole) - 1, len(whole)]:
        path.write_bytes(whole[:cut])
        file = ResultFile(path, resume=True)
        with file.writing() as write:
            for place in file.remaining(names, FACTS):
                write(result(names[place]))
        assert path.read_bytes() == whole, cut


def test_a_csv_row_has_blanks_for_none_and_1_for_fake(tmp_path: Path):
    path = tmp_path / "results.csv"
    distance = {"verdict": "outside", "words": ["outside: x", "rare: y"]}
    with ResultFile(path, resume=False).writing() as write:
        write(result("a", training_distance=distance))
        write(result("b", score=None, called_fake=None, call=None, error="silent (x)", warnings=[]))
    first, second = rows_of(path)
    assert (first["called_fake"], first["warnings"], first["llr"]) == ("1", "a; b", "")
    assert first["training_distance"] == "outside: x; rare: y"
    assert (second["score"], second["called_fake"], second["error"]) == ("", "", "silent (x)")


def test_files_are_not_overwritten_and_not_mixed(tmp_path: Path):
    path = tmp_path / "results.jsonl"
    with ResultFile(path, resume=False).writing() as write:
        write(result("a"))
    with pytest.raises(UserError, match=r"results.jsonl: exists; continue it with --resume, or name another"):
        ResultFile(path, resume=False)
    with pytest.raises(UserError, match=r"was written with detector abc, not def; name another file"):
        ResultFile(path, resume=True).remaining(["a"], FACTS | {"detector": "def"})
    with pytest.raises(UserError, match=r"must end in \.csv or \.jsonl"):
        ResultFile(tmp_path / "results.txt", resume=False)
    path.write_text("no JSON\n", "utf-8")
    with pytest.raises(UserError, match=r"can't be continued \(a line of it is not JSON\)"):
        ResultFile(path, resume=True)
    other = tmp_path / "scores.csv"
    other.write_text("clip,score\na,0.5\n", "utf-8")
    with pytest.raises(UserError, match="its columns are not those of avdf predict"):
        ResultFile(other, resume=True)


def test_a_full_disk_is_one_message_and_what_was_written_is_continued(tmp_path: Path):
    path = tmp_path / "results.csv"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with ResultFile(path, resume=False).writing() as write:
            write(result("a"))
            whole = path.read_bytes()
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 10, before[1]))
            with pytest.raises(UserError, match=r"results\.csv: can't be written \(File too large\)"):
                write(result("b"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(path.read_bytes()) == len(whole) + 10
    file = ResultFile(path, resume=True)
    assert file.remaining(["a", "b"], FACTS) == [1]
    with file.writing():
        assert path.read_bytes() == whole
