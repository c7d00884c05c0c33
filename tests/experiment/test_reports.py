"""What a report says of its run stays the same when the run is audited again, by any command."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from making.calls import called
from making.runs import short_settings
from making.tiny import make_tiny

from avdf.demo.making import make_demo
from avdf.demo.plan import DemoSettings
from avdf.errors import ConfigError
from avdf.experiment.many_runs.repeats import run_repeats
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment
from avdf.run_folder import RunFolder

TOP = Path(__file__).parents[2]
LINEAR = TOP / "configs" / "audio_mfcc_linear.yaml"


def audit_again(run: Path, *options: str) -> dict:
    """The content of audit.json after the command `audit RUN --overwrite`."""
    done = called("audit", run, "--overwrite", *options)
    assert done.status == 0, done.stderr
    return RunFolder(run).audit_content()


@pytest.fixture(scope="module")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on demo data that is not at the path `demo`; one of its files can't be decoded."""
    folder = tmp_path_factory.mktemp("demo_run")
    root = make_demo(folder / "elsewhere", DemoSettings(num_identities=20, num_recordings=1, num_edits=1))
    sorted(root.glob("RealVideo-RealAudio/*/*/*/*.mp4"))[0].write_bytes(b"no media file")
    settings = [*short_settings(root, folder), f"run.dir={folder / 'run'}"]
    return run_experiment(load_experiment(LINEAR, settings), name="run")


def test_made_up_data_is_still_called_made_up_after_a_second_audit(demo_run: Path):
    first = RunFolder(demo_run).audit_content()["warnings"]
    assert any("MADE-UP DATA" in line for line in first)
    assert audit_again(demo_run)["warnings"] == first


def test_metrics_json_and_both_audits_of_a_run_have_the_same_metrics_and_intervals(demo_run: Path):
    run = RunFolder(demo_run)
    test = run.metrics()["splits"]["test"]
    assert len(test["ci"]) >= 16
    for content in (run.audit_content(), audit_again(demo_run)):
        assert {**content["overall"], "attacks": content["attacks"]} == test


def test_files_that_cannot_be_decoded_reach_the_report(demo_run: Path):
    run = RunFolder(demo_run)
    skipped = pd.read_csv(run.skipped_csv)
    assert "unreadable" in set(skipped["reason"])
    for content in (run.audit_content(), audit_again(demo_run)):
        assert content["counts"]["num_skipped"] == len(skipped)
        (line,) = [line for line in content["warnings"] if "left out when the data was read" in line]
        assert "1 unreadable" in line
    assert "was not recorded" not in run.audit_html.read_text("utf-8")


def test_both_audits_of_a_run_name_the_same_provenance(demo_run: Path):
    first = RunFolder(demo_run).audit_content()["provenance"]
    assert (
        first["detector_hash"]
        == json.loads((demo_run / "detector" / "detector.json").read_text())["hashes"]["weights"]
    )
    assert audit_again(demo_run)["provenance"] == first


def test_a_column_that_is_probed_twice_is_listed_once(demo_run: Path):
    shortcuts = [audit_again(demo_run, "--probe", "track")["shortcuts"] for _ in range(2)]
    assert shortcuts[0] == shortcuts[1]
    assert [probe["feature"] for probe in shortcuts[1]].count("track") == 1


def test_repeats_go_on_after_one_seed_was_audited_again(tmp_path: Path):
    config = load_experiment(LINEAR, short_settings(make_tiny(tmp_path / "data", noise=0.012), tmp_path))
    out = tmp_path / "out"
    run_repeats(config, [0, 1], out)
    before = (out / "repeat.csv").read_bytes()
    audit_again(out / "seed-0")
    assert run_repeats(config, [0, 1], out) == out / "repeat.md"
    assert (out / "repeat.csv").read_bytes() == before
    provenance = RunFolder(out).audit_content()["provenance"]
    assert provenance["seed"] == "0, 1"
    assert len(provenance["detector_hash"].split(", ")) == 2


def test_a_seed_that_was_audited_with_other_options_keeps_its_gaps_in_the_table(tmp_path: Path):
    config = load_experiment(LINEAR, short_settings(make_tiny(tmp_path / "data", noise=0.012), tmp_path))
    out = tmp_path / "out"
    run_repeats(config, [0, 1], out)
    before = (out / "repeat.csv").read_bytes()
    audit_again(out / "seed-0", "--groups", "gender", "--threshold", "0.9")
    run_repeats(config, [0, 1], out)
    assert (out / "repeat.csv").read_bytes() == before


def test_a_group_that_no_test_clip_is_of_is_the_first_warning_of_the_report(tmp_path: Path):
    root = make_tiny(tmp_path / "data", noise=0.012)
    shutil.rmtree(root / "RealVideo-RealAudio" / "Asian (East)")
    for path in root.glob("RealVideo-FakeAudio/Asian (East)/*/*/*.mp4"):
        path.write_bytes(b"no media file")
    settings = [*short_settings(root, tmp_path), f"run.dir={tmp_path / 'run'}"]
    run = RunFolder(run_experiment(load_experiment(LINEAR, settings), name="run"))
    first = run.audit_content()["warnings"][0]
    assert first.startswith("MISSING GROUP: no test clip is of race Asian (East) (20 clips in the data set)")
    assert audit_again(run.path)["warnings"][0] == first


def test_a_folder_of_an_unknown_group_is_the_first_warning_and_the_command_ends_with_1(tmp_path: Path):
    root = make_tiny(tmp_path / "data", noise=0.012)
    for folder in root.glob("*/Asian (East)"):
        folder.rename(folder.with_name("Martian"))
    words = [*short_settings(root, tmp_path), f"run.dir={tmp_path / 'run'}"]
    tool = [sys.executable, str(TOP / "tools" / "train.py"), str(LINEAR), *words]
    done = subprocess.run(tool, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    run = RunFolder(tmp_path / "run")
    first = run.audit_content()["warnings"][0]
    assert first.startswith("MISSING GROUP: not read, since the group is unknown: ")
    assert "RealVideo-FakeAudio/Martian" in first
    assert first in done.stderr
    assert len(run.lost_groups()) >= 2
    assert "unknown group" in set(pd.read_csv(run.skipped_csv)["reason"])


def test_groups_that_the_report_would_refuse_are_refused_before_the_training(tmp_path: Path):
    root = make_tiny(tmp_path / "data", noise=0.012)
    words = [*short_settings(root, tmp_path), f"run.dir={tmp_path / 'run'}", "evaluation.groups=[race,age]"]
    with pytest.raises(ConfigError, match=r"evaluation\.groups: no column 'age'.*\(have: .*race, gender"):
        run_experiment(load_experiment(LINEAR, words), name="run")
    assert not RunFolder(tmp_path / "run").history_csv.exists()
