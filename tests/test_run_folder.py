"""The run folder: its file names are written in one place, and a hand-made one may lack any of them."""

import ast
import json
from pathlib import Path

import pytest

from avdf.errors import ConfigError, UserError
from avdf.run_folder import RunFolder

TOP = Path(__file__).parents[1]
PLACES = [value.name for value in vars(RunFolder).values() if type(value).__name__ == "_Inside"]
OTHERS = [path for path in sorted((TOP / "avdf").rglob("*.py")) if path.name != "run_folder.py"]


def test_the_names_are_those_of_the_contract():
    assert set(PLACES) >= {
        "config.yaml", "environment.json", "clips.csv", "skipped.csv", "split.csv", "certificate.json", "log",
        "history.csv", "checkpoints", "detector", "scores.csv", "metrics.json", "stress.csv", "audit",
        "elsewhere",
    }  # fmt: skip


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(TOP)))
def test_no_other_module_writes_a_file_name_of_a_run_folder(path: Path):
    files = {Path(name).name for name in PLACES if "." in name} - {"detector.json"}  # detector.py has its own
    folders = {name for name in PLACES if "." not in name}
    written = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and node.value in files:
            written.append(node.value)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            word = node.right.value if isinstance(node.right, ast.Constant) else None
            written += [word] if word in folders else []
    assert written == []


def test_a_run_is_done_when_its_audit_is_written(tmp_path: Path):
    run = RunFolder(tmp_path)
    assert (run.is_begun, run.is_done) == (False, False)
    run.config_yaml.write_text("model: {encoders: {audio: {name: audio_cnn}}}\n")
    run.audit.mkdir()
    assert (run.is_begun, run.is_done) == (True, False)
    run.audit_json.write_text("{}")
    assert run.is_done


def test_a_folder_without_files_knows_nothing_and_says_so(tmp_path: Path):
    run = RunFolder(tmp_path)
    assert (run.threshold(), run.warnings(), run.num_skipped(), run.probes()) == (None, [], None, [])
    assert set(run.provenance().values()) == {None}
    with pytest.raises(ConfigError, match=r"no run there \(it has no config.yaml\)"):
        run.config()
    with pytest.raises(UserError, match="the run is not finished; continue it with --resume"):
        run.audit_content()


def test_the_threshold_is_that_of_metrics_json_else_of_the_detector(tmp_path: Path):
    run = RunFolder(tmp_path)
    run.detector.mkdir()
    run.detector_json.write_text(json.dumps({"threshold": {"value": 0.25}}))
    assert run.threshold() == {"value": 0.25}
    run.metrics_json.write_text(json.dumps({"threshold": {"value": 0.5}}))
    assert run.threshold() == {"value": 0.5}
