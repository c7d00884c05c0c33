"""Each attack left out in turn, on half-second tones with two attacks: runs, report, resuming, refusals."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from making.calls import called
from making.copied_corpus import attacked_table
from making.runs import CONFIG, read_json, short_settings
from making.tiny import make_tiny

from avdf.errors import ConfigError
from avdf.experiment.settings import load_experiment
from avdf.experiment.start import run_as_configured
from avdf.run_folder import RunFolder

FLAG = "run.each_attack_out=true"


def words_for(folder: Path, attacks: tuple[str, str] = ("hiss", "hum")) -> list[str]:
    root = attacked_table(make_tiny(folder / "data", noise=0.012), attacks)
    table = ["data.corpus=table", "data.table.speaker=speaker", "data.table.attack=attack"]
    return [*short_settings(root, folder), *table, "data.split.validation=0.3", "data.split.test=0.3"]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return words_for(tmp_path_factory.mktemp("attacked"))


@pytest.fixture(scope="module")
def run(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("runs") / "run"
    done = called("train", CONFIG, *words, f"run.dir={folder}", "--each-attack-out")
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith(f"the report is {RunFolder(folder).unseen_attacks_html}")
    return RunFolder(folder)


def test_each_attack_is_tested_by_a_run_that_never_had_it_on_the_same_people(run: RunFolder) -> None:
    names = ["all-attacks", "without-hiss", "without-hum"]
    assert [name for name in names if (run.path / name / "audit" / "audit.html").is_file()] == names
    tests = []
    for part in (run.with_all_attacks, run.without_attack("hiss"), run.without_attack("hum")):
        scores = pd.read_csv(part.scores_csv, keep_default_na=False)
        tests.append(sorted(scores["clip"][scores["split"] == "test"]))
    assert tests[0] == tests[1] == tests[2]
    without = run.without_attack("hiss")
    clips = pd.read_csv(without.clips_csv, keep_default_na=False).set_index("clip")
    split = pd.read_csv(without.split_csv)
    trained = split["clip"][split["split"] != "test"]
    assert set(clips.loc[trained, "audio_attack"]) == {"", "hum"}
    assert not without.certificate()["leaks"]


def test_the_report_has_each_attack_when_never_trained_on_and_when_trained_on(run: RunFolder) -> None:
    content = read_json(run.unseen_attacks_json)
    rows = {row["attack"]: row for row in content["attacks"]}
    assert set(rows) == {"hiss", "hum"}
    seen = {row["attack"]: row for row in run.with_all_attacks.metrics()["splits"]["test"]["attacks"]}
    unseen = {row["attack"]: row for row in run.without_attack("hum").metrics()["splits"]["test"]["attacks"]}
    assert [unseen[name]["seen_in_training"] for name in ("hiss", "hum")] == [True, False]
    assert rows["hum"]["unseen"]["auc"] == unseen["hum"]["auc"]
    assert rows["hum"]["seen"]["auc"] == seen["hum"]["auc"]
    assert (rows["hum"]["num_clips"], rows["hum"]["num_identities"]) == (6, 6)


def test_a_resumed_run_trains_what_is_not_finished_and_gives_the_same_report(run: RunFolder) -> None:
    before = run.unseen_attacks_json.read_bytes()
    kept = run.with_all_attacks.audit_json.stat().st_mtime_ns
    shutil.rmtree(run.without_attack("hum").path)
    done = called("train", "--resume", run.path)
    assert done.status == 0, done.stderr
    assert run.unseen_attacks_json.read_bytes() == before
    assert run.with_all_attacks.audit_json.stat().st_mtime_ns == kept


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["data.split.name=strict"], "--each-attack-out: divides people by voice"),
        (["run.all_folds=true"], "all_folds and each_attack_out: give one of them"),
    ],
)
def test_settings_that_do_not_go_with_it_are_refused(words, tmp_path, more, message) -> None:
    done = called("train", CONFIG, *words, f"run.dir={tmp_path / 'run'}", "--each-attack-out", *more)
    assert (done.status, message in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "run").exists()


def test_data_with_one_attack_is_refused_in_words(tmp_path: Path) -> None:
    config = load_experiment(
        CONFIG, [*words_for(tmp_path, ("tts", "tts")), FLAG, f"run.dir={tmp_path / 'run'}"]
    )
    with pytest.raises(
        ConfigError, match=r"no attack can be left out: .*every fake of data.target=audio is of tts"
    ):
        run_as_configured(config, name="one")
    assert not (tmp_path / "run").exists()
