"""`avdf split` as a user calls it: every rule, its two files, and its one-line verdict."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from making.calls import Done, called

from avdf.corpora.fakeavceleb.labels import GENDERS, RACES

TOP = Path(__file__).parents[2]


@pytest.fixture
def call() -> Callable[..., Done]:
    """`avdf split` with the given words, in this process."""
    return partial(called, "split")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """20 people with a real clip, a clone and a face swap that carries the real clip's recording."""
    rows = []
    for person in range(20):
        for letter, method, track in (("A", "real", "r"), ("B", "rtvc", "f"), ("C", "faceswap", "r")):
            name = f"id{person:05}"
            rows.append(
                {
                    "clip": f"{letter}/{name}.mp4",
                    "type": letter,
                    "method": method,
                    "race": RACES[person % 5],
                    "gender": GENDERS[person // 5 % 2],
                    "source": name,
                    "voice": name,
                    "voice_rule": "recording",
                    "identities": name,
                    "track": f"{track}{person}",
                    "audio_fake": int(letter == "B"),
                    "video_fake": int(letter == "C"),
                    "size_bytes": 1000,
                }
            )
    pd.DataFrame(rows).to_csv(tmp_path / "clips.csv", index=False)
    return tmp_path / "clips.csv"


def parts(out: Path) -> Counter[str]:
    with (out / "split.csv").open(newline="") as file:
        return Counter(row["split"] for row in csv.DictReader(file))


def test_by_voice_14_of_20_people_train_and_nothing_leaks(
    call: Callable[..., Done], clips: Path, tmp_path: Path
) -> None:
    done = call(clips, "--name", "voice", "--out", tmp_path / "out")
    assert done.status == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "split 'voice': no two of train, validation and test share a voice or a recording"
    assert lines[1] == "train 42 (14 voices), validation 9 (3 voices), test 9 (3 voices), dropped 0"
    assert lines[-1] == str(tmp_path / "out")
    assert parts(tmp_path / "out") == {"train": 42, "validation": 9, "test": 9}
    certificate = json.loads((tmp_path / "out" / "certificate.json").read_text())
    assert certificate["leaks"] is False
    assert certificate["pairs"]["train-test"]["num_shared_tracks"] == 0
    assert certificate["parts"]["test"]["num_identities"] == 3


def test_by_clip_it_says_loudly_that_it_leaks_and_replaces_nothing_unasked(
    call: Callable[..., Done], clips: Path, tmp_path: Path
) -> None:
    done = call(clips, "--name", "clip", "--seed", "3", "--out", tmp_path / "out")
    assert done.stdout.startswith("LEAKY SPLIT 'clip': train-validation share")
    refused = call(clips, "--name", "clip", "--seed", "4", "--out", tmp_path / "out")
    assert refused.status == 2
    assert "split.csv: exists already" in refused.stderr


def test_the_options_reach_the_rule(call: Callable[..., Done], clips: Path, tmp_path: Path) -> None:
    group = ("--name", "leave_group_out", "--group", "race=African", "gender=men")
    assert call(clips, *group, "--validation", "0", "--test", "0.5", "--out", tmp_path / "g").status == 0
    assert parts(tmp_path / "g") == {"train": 54, "test": 6}
    folds = ("--name", "voice", "--folds", "4", "--fold", "1")
    assert call(clips, *folds, "--out", tmp_path / "f").status == 0
    assert parts(tmp_path / "f") == {"train": 30, "validation": 15, "test": 15}
    again = ("--name", "file", "--path", tmp_path / "f" / "split.csv")
    assert call(clips, *again, "--out", tmp_path / "again").status == 0
    assert (tmp_path / "again" / "split.csv").read_bytes() == (tmp_path / "f" / "split.csv").read_bytes()


def test_mistakes_end_with_2_and_the_dotted_key(
    call: Callable[..., Done], clips: Path, tmp_path: Path
) -> None:
    for words, message in (
        (["--name", "leave_group_out", "--group", "race=Afrian"], "did you mean 'African'"),
        (["--name", "leave_group_out", "--group", "African"], "must be COLUMN=VALUE"),
        (["--name", "source", "--folds", "3"], "folds go with name: voice, strict, face or leave_attack"),
        (["--test", "1.5"], "data.split.test must be a share"),
    ):
        done = call(clips, *words, "--out", tmp_path / "out")
        assert done.status == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr
