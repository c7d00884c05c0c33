"""Command lines are read as they were meant: lists end at files, numbers may be negative, dashes may lead."""

import argparse
from pathlib import Path
from types import ModuleType

import pytest
from making.calls import called
from making.made_scores import made_scores

from avdf.commands import COMMANDS, audit, dispatch, predict, repeat, split, sweep


def parsed(module: ModuleType, *words: str) -> argparse.Namespace:
    return dispatch.parsed(module, "avdf", words)


@pytest.fixture
def scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made_scores(36, 4).to_csv("s.csv", index=False)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["s.csv", "--groups", "race", "gender"],
        ["--groups", "race", "gender", "s.csv"],
        ["--groups", "race", "--groups", "gender", "s.csv"],
        ["--groups=race", "--groups=gender", "s.csv"],
        ["--groups", "race", "gender", "--seed", "0", "s.csv"],
        ["--seed", "0", "--groups", "race", "gender", "--", "s.csv"],
    ],
)
def test_the_groups_do_not_take_the_table(scores: Path, words: list[str]):
    arguments = parsed(audit, *words)
    assert (arguments.source, arguments.other) == (Path("s.csv"), None)
    assert arguments.groups == ["race", "gender"]


def test_two_tables_may_follow_the_groups(scores: Path):
    (scores / "t.csv").write_bytes((scores / "s.csv").read_bytes())
    arguments = parsed(audit, "--groups", "race", "s.csv", "t.csv")
    assert (arguments.groups, arguments.source, arguments.other) == (["race"], Path("s.csv"), Path("t.csv"))


def test_a_folder_with_the_name_of_a_column_is_the_column(scores: Path):
    (scores / "gender").mkdir()
    arguments = parsed(audit, "s.csv", "--groups", "race", "gender")
    assert (arguments.groups, arguments.other) == (["race", "gender"], None)


def test_an_empty_path_is_refused(scores: Path):
    done = called("audit", "s.csv", "--out", "")
    assert done.status == 2
    assert "argument --out: '' cannot be a path" in done.stderr


def test_seeds_do_not_take_the_config_nor_methods_the_clips(scores: Path):
    arguments = parsed(repeat, "--seeds", "0", "1", "a.yaml", "data.root=demo")
    assert (arguments.seeds, arguments.config) == ([0, 1], Path("a.yaml"))
    assert arguments.overrides == ["data.root=demo"]
    arguments = parsed(sweep, "--trials", "8", "--ablation-seeds", "a.yaml", "b.yaml")
    assert (arguments.ablation_seeds, arguments.config) == ([None], Path("a.yaml"))
    (scores / "clips.csv").touch()
    arguments = parsed(split, "--out", "o", "--methods", "wav2lip", "rtvc", "clips.csv")
    assert (arguments.methods, arguments.clips) == (["wav2lip", "rtvc"], Path("clips.csv"))


@pytest.mark.parametrize("word", ["-1e-3", "-0.5", "-3", "-.5", "-1E2"])
def test_a_threshold_may_be_negative(scores: Path, word: str):
    assert parsed(audit, "s.csv", "--threshold", word).threshold == float(word)
    assert parsed(audit, "--threshold", word, "s.csv").source == Path("s.csv")


@pytest.mark.parametrize("word", ["inf", "nan", "-inf", "-nan", "1e999", "x", ""])
def test_a_threshold_must_be_a_finite_number(scores: Path, word: str):
    done = called("audit", "s.csv", "--threshold", word, "--out", scores / "o")
    assert done.status == 2
    assert f"argument --threshold: must be a finite number, got {word!r}" in done.stderr
    assert not (scores / "o").exists()


def test_a_name_with_a_leading_dash_is_a_file(scores: Path):
    for name in ("-clip.wav", "--clip.wav", "-1.wav"):
        (scores / name).touch()
        assert parsed(predict, "det", name).paths == [Path(name)]
        assert parsed(predict, "det", "--", name).paths == [Path(name)]
    assert parsed(predict, "det", "-clip.wav", "--json").json


def test_options_may_stand_between_the_files(scores: Path):
    arguments = parsed(predict, "det", "a.wav", "--json", "b.wav")
    assert arguments.paths == [Path("a.wav"), Path("b.wav")]


def test_home_and_variables_are_expanded_in_arguments(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("RUNS", "/runs")
    arguments = parsed(audit, "~/s.csv", "$RUNS/t.csv", "--out", "${RUNS}/o")
    assert (arguments.source, arguments.other) == (Path("/home/ada/s.csv"), Path("/runs/t.csv"))
    assert arguments.out == Path("/runs/o")


def test_wrong_arguments_are_one_message(scores: Path):
    for words in (["--threshold", "x", "s.csv"], [], ["s.csv", "--seed"], ["s.csv", "--higher-is", "x"]):
        done = called("audit", *words)
        assert done.status == 2
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.endswith("; avdf audit --help describes the arguments\n")


def test_an_option_is_not_abbreviated(scores: Path):
    done = called("audit", "s.csv", "--group", "race")
    assert done.status == 2
    assert "unrecognized arguments: --group" in done.stderr


def test_every_command_has_a_docstring_that_begins_with_what_it_does_and_shows_its_words():
    for name in COMMANDS:
        done = called(name, "--help")
        assert done.status == 0
        assert f"avdf {name}" in done.stdout
        assert "positional arguments" in done.stdout or name in ("encoders", "corpora")
