"""A report without enough data ends its verdicts with the command that would have enough people."""

import html
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from making.runs import CONFIG

from avdf.audit.content import audit_content
from avdf.audit.folder import write_audit
from avdf.audit.sources import AuditInput, audit_input_of
from avdf.audit.verdicts import NOT_ENOUGH
from avdf.config.loading import load_config, yaml_text
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import given_threshold
from avdf.files import write_csv, write_json, write_text
from avdf.run_folder import RunFolder

RACES = ("African", "Asian (East)", "Asian (South)", "Caucasian (American)", "Caucasian (European)")
COMMAND = "avdf train configs/audio_cnn.yaml 'data.root=Fake AVCeleb' run.dir=runs/first data.split.test=0.15"


def scores_of(people_per_cell: int) -> pd.DataFrame:
    """Everyone of 10 cells, each with 8 clips, of which a third is called wrongly, alike in all cells."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(10 * people_per_cell), 8)
    fake = np.arange(len(person)) % 2
    return pd.DataFrame(
        {
            "clip": [f"clip{number}" for number in range(len(person))],
            "is_fake": fake,
            "score": np.where(rng.random(len(person)) < 1 / 3, 1 - fake, fake).astype(float),
            "identity": [f"id{number:05}" for number in person],
            "race": np.array(RACES)[person % 5],
            "gender": np.where(person // 5 % 2, "men", "women"),
        }
    )


def run_of(folder: Path, everyone: pd.DataFrame, *words: str, command: str | None = COMMAND) -> RunFolder:
    run = RunFolder(folder)
    write_text(run.config_yaml, yaml_text(load_config(CONFIG, words)))
    write_json(run.environment_json, {"command": command})
    clips = everyone.rename(columns={"identity": "voice"}).assign(
        audio_fake=everyone["is_fake"], video_fake=0, source="id00000"
    )
    write_csv(run.clips_csv, clips.drop(columns=["is_fake", "score"]))
    return run


def input_of(scores: pd.DataFrame, run: RunFolder | None) -> AuditInput:
    checked = CheckedScores.of(scores, ("race", "gender"))
    return audit_input_of(checked, given_threshold(0.5), ("race", "gender"), run=run)


def audited(scores: pd.DataFrame, run: RunFolder | None) -> dict[str, Any]:
    return audit_content(input_of(scores, run), 0)


def part_of(everyone: pd.DataFrame) -> pd.DataFrame:
    """The clips of 15 % of the people, alike in all cells."""
    number = everyone["identity"].str[2:].astype(int)
    return everyone[number < 0.15 * (number.max() + 1)]


def num_lacking(content: dict[str, Any]) -> int:
    return sum(verdict["verdict"] == NOT_ENOUGH for verdict in content["verdicts"])


def test_the_hint_is_given_where_an_audit_of_everyone_has_enough_data(tmp_path: Path):
    """500 people: 75 of them are tested, 7 or 8 in a cell."""
    everyone = scores_of(50)
    run = run_of(tmp_path / "run", everyone)
    content = write_audit(input_of(part_of(everyone), run), tmp_path / "audit")
    assert num_lacking(content) == 4  # of race and of race x gender
    assert num_lacking(audited(everyone, None)) == 0
    assert content["more_people"]["text"] == (
        "This split tests 75 of 500 people. Over 5 folds each of them is tested once: 50 or more per group "
        "of race x gender instead of 7. If the rates stay alike, that is enough for 4 of the 4 verdicts "
        "without enough data."
    )
    command = (
        "avdf train configs/audio_cnn.yaml 'data.root=Fake AVCeleb' data.split.test=0.15 data.split.folds=5 "
        "--all-folds"
    )
    assert content["more_people"]["command"] == command
    page = (tmp_path / "audit" / "audit.html").read_text("utf-8")
    assert f'<pre class="command">{html.escape(command, quote=True)}</pre>'.replace("&#x27;", "&#39;") in page


@pytest.mark.parametrize(
    ("people_per_cell", "words"),
    [
        (3, []),  # 30 people: 15 per gender are too few
        (50, ["data.split.name=source"]),
        (50, ["data.split={name: leave_group_out, group: {race: African}}"]),
        (50, ["data.target=video"]),  # nobody's video is fake
    ],
)
def test_there_is_no_hint_where_folds_would_not_help(tmp_path: Path, people_per_cell: int, words: list[str]):
    everyone = scores_of(people_per_cell)
    content = audited(part_of(everyone), run_of(tmp_path / "run", everyone, *words))
    assert num_lacking(content) > 0
    assert "more_people" not in content


def test_there_is_no_hint_for_a_run_of_all_folds_for_a_table_and_where_nothing_lacks(tmp_path: Path):
    everyone = scores_of(50)
    run = run_of(tmp_path / "run", everyone)
    assert "more_people" not in audited(everyone, run)
    assert "more_people" not in audited(part_of(everyone), None)
    run.fold(0).path.mkdir()
    assert "more_people" not in audited(part_of(everyone), run)


OWN_CONFIG = "avdf train {run}/config.yaml run.dir=null data.split.folds=5 --all-folds"
FOLDS = "data.split.folds=5 --all-folds"


@pytest.mark.parametrize(
    ("command", "words", "expected"),
    [
        ("python tools/train.py a.yaml", [], f"python tools/train.py a.yaml {FOLDS}"),
        ("python /other/tools/train.py a.yaml", [], f"avdf train a.yaml {FOLDS}"),
        (
            "avdf train a.yaml data.split.folds=4 data.split.fold=2",
            ["data.split.folds=4"],
            "avdf train a.yaml data.split.folds=4 --all-folds",
        ),
        (
            "avdf train a.yaml data.split.num_train_voices=395",
            ["data.split.num_train_voices=395"],
            f"avdf train a.yaml data.split.num_train_voices=null {FOLDS}",
        ),
        ("avdf train --resume runs/x", [], OWN_CONFIG),
        ("avdf repeat a.yaml --seeds 0 1", [], OWN_CONFIG),
        ("", [], OWN_CONFIG),
        (None, [], OWN_CONFIG),
        ("avdf train 'a.yaml", [], OWN_CONFIG),
        ("sudo rm -rf /", [], OWN_CONFIG),
        ("sh tools/train.py a.yaml", [], f"avdf train a.yaml {FOLDS}"),
        ("avdf train '$(rm x)' ; reboot", [], f"avdf train '$(rm x)' ';' reboot {FOLDS}"),
    ],
)
def test_the_command_is_the_user_s_own_with_folds(
    tmp_path: Path, command: str | None, words: list[str], expected: str
):
    everyone = scores_of(50)
    run = run_of(tmp_path / "run", everyone, *words, command=command)
    given = audited(part_of(everyone), run)["more_people"]["command"]
    assert given == expected.format(run=shlex.quote(str(run.path)))
