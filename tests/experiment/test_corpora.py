"""Corpora other than FakeAVCeleb in an experiment: without groups, and with a table of people."""

from pathlib import Path

import pandas as pd
import pytest
from making.imitation import sounds, text
from making.runs import CONFIG, read_json, short_settings

from avdf.errors import ConfigError
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine people with two real and two fake clips each, and a table of all people but one."""
    root = tmp_path_factory.mktemp("mine")
    rows = []
    for person in range(9):
        for number in range(4):
            sounds(root, f"{person}/{number}.wav")
            rows.append(f"{person}/{number}.wav,{'bonafide' if number < 2 else 'spoof'},p{person}")
    text(root, "mine.csv", "path,label,who", *rows)
    text(root, "people.tsv", "ID\tSEX", *(f"{person}\t{'MF'[person % 2]}" for person in range(8)))
    return root


def settings(mine: Path, folder: Path, *more: str) -> list[str]:
    columns = "data.table={speaker: who, file: mine.csv}"
    return [*short_settings(mine, folder), "data.corpus=table", columns, f"run.dir={folder / 'run'}", *more]


def test_a_corpus_without_groups_trains_is_judged_and_its_report_says_so(mine: Path, tmp_path: Path):
    config = load_experiment(CONFIG, settings(mine, tmp_path))
    assert config.evaluation.group_columns == []
    run = run_experiment(config, name="mine")
    audit, scores = read_json(run / "audit" / "audit.json"), pd.read_csv(run / "scores.csv")
    assert any(line.startswith("NO GROUPS: the clips have no group columns") for line in audit["warnings"])
    assert (audit["groups"], audit["gaps"], audit["verdicts"]) == ([], [], [])
    assert 0 <= audit["overall"]["auc"] <= 1
    assert set(scores["method"]) == {"real", "unknown"}
    assert set(scores["identity"]) <= {f"p{person}" for person in range(9)}


def test_a_table_of_people_gives_the_groups_of_the_report(mine: Path):
    people = f"{{path: {mine / 'people.tsv'}, id: ID, prefix: p, groups: {{gender: SEX}}}}"
    config = load_experiment(CONFIG, [f"data.root={mine}", "data.corpus=table", f"data.speakers={people}"])
    assert config.evaluation.group_columns == ["gender"]
    assert load_experiment(CONFIG, ["data.speakers.prefix="]).data.speakers.prefix == ""


def test_columns_of_a_table_for_another_corpus_are_refused():
    with pytest.raises(ConfigError, match=r"data\.table: goes with data\.corpus: table, got fakeavceleb"):
        load_experiment(CONFIG, ["data.root=x", "data.table.label=key"])
    with pytest.raises(ConfigError, match=r"data\.table\.lable: no such key, did you mean 'label'\?"):
        load_experiment(CONFIG, ["data.root=x", "data.corpus=table", "data.table.lable=key"])
