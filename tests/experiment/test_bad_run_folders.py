"""Untrusted run folders: audit, evaluate and --resume read them, or refuse them in one message."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from making.changes import set_key
from making.runs import short_settings
from making.tiny import make_tiny

from avdf.audit.request import audit_one
from avdf.audit.sources import AuditOptions
from avdf.errors import UserError
from avdf.experiment.evaluate import evaluate_run
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import config_to_resume, load_experiment
from avdf.run_folder import RunFolder

TOP = Path(__file__).parents[2]
LINEAR = TOP / "configs" / "audio_mfcc_linear.yaml"
LIMIT_S = 10  # for a refusal; a second or two on an idle machine
DEEP = "[" * 100_000


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("good")
    words = [
        *short_settings(make_tiny(folder / "data", noise=0.012), folder),
        f"run.dir={folder / 'run'}",
    ]
    return RunFolder(run_experiment(load_experiment(LINEAR, words), name="run"))


def audit(run: RunFolder) -> None:
    audit_one(run.path, run.path / "again", AuditOptions())


def evaluate(run: RunFolder) -> None:
    evaluate_run(run.path, "test", run.path / "again")


def resume(run: RunFolder) -> None:
    run_experiment(config_to_resume(run, []), name="run", resume=run.path)


def text(content: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(content)


def key(name: str, value: Any) -> Callable[[Path], object]:
    return lambda path: set_key(path, name, value)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def sparse(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1 << 36)


BROKEN_JSON = {
    "a list": text("[]"),
    "null": text("null"),
    "nested": text(DEEP),
    "no JSON": text("{"),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe{}"),
    "a pipe": pipe,
    "endless": endless,
    "64 GiB": sparse,
}
WRONG_VALUES: dict[str, dict[str, list[Any]]] = {
    "metrics.json": {
        "threshold": [[], 0.5, "x"],
        "threshold.value": [float("nan"), float("inf"), "0.5", True, None, [0.5], 10**400],
        "threshold.ci": [5, ["a", "b"], [0.1], {"low": 0.1}, [0.1, 0.2, 0.3]],
        "threshold.beta": ["x", 0, -1, float("nan"), [2]],
        "threshold.prevalence": ["x", 0, 1, 7, float("nan")],
        "threshold.num_clips": ["many", [], float("inf")],
        "threshold.warnings": [5, {"a": 1}],
    },
    "environment.json": {
        "warnings": ["x", 5, [{}], {"a": "b"}],
        "num_skipped": ["x", -1, True, 1.5, []],
        "packages": [[], "x", {"torch": {"deep": {}}}],
        "command": [5, [], {}],
    },
    "certificate.json": {"leaks": ["no", 1], "data_hash": [5, []], "name": [{}]},
    "audit/audit.json": {
        "shortcuts": ["x", [5], [{"feature": 5, "auc": 0.5}], [{"feature": "a", "auc": "x"}], [{"auc": 0.5}]]
    },
    "detector/detector.json": {"hashes": [[], "x", {"weights": []}]},
}
AUDITED = list(WRONG_VALUES)


def give_up(signum: int, frame: object) -> None:
    raise TimeoutError(f"no refusal within {LIMIT_S} s")


def refusal(run: RunFolder, work: Callable[[RunFolder], None]) -> str:
    """The message of the refusal; any other error than UserError fails the test."""
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LIMIT_S)
    try:
        with pytest.raises(UserError) as caught:
            work(run)
    finally:
        signal.alarm(0)
    message = str(caught.value)
    assert len(message) < 600
    return message


@pytest.fixture
def run(good: RunFolder, tmp_path: Path) -> RunFolder:
    shutil.copytree(good.path, tmp_path / "run")
    return RunFolder(tmp_path / "run")


@pytest.mark.parametrize("name", AUDITED)
@pytest.mark.parametrize("kind", BROKEN_JSON)
def test_audit_names_a_file_that_is_no_json_object(run: RunFolder, name: str, kind: str):
    BROKEN_JSON[kind](run.path / name)
    assert Path(name).name in refusal(run, audit)


@pytest.mark.parametrize(
    ("name", "changed", "value"),
    [
        (name, changed, value)
        for name, keys in WRONG_VALUES.items()
        for changed, values in keys.items()
        for value in values
    ],
)
def test_audit_names_a_value_of_the_wrong_type(run: RunFolder, name: str, changed: str, value: Any):
    key(changed, value)(run.path / name)
    message = refusal(run, audit)
    assert any(word in message for word in (*changed.split("."), "NaN", "Infinity"))


@pytest.mark.parametrize("kind", BROKEN_JSON)
@pytest.mark.parametrize("name", ["environment.json", "certificate.json"])
def test_resume_names_a_file_that_is_no_json_object(run: RunFolder, name: str, kind: str):
    BROKEN_JSON[kind](run.path / name)
    assert name in refusal(run, resume)


@pytest.mark.parametrize("value", ["x", 5, [5], {}])
def test_resume_names_commands_that_are_no_texts(run: RunFolder, value: Any):
    key("resumed", value)(run.environment_json)
    assert "resumed must be a list of texts" in refusal(run, resume)


@pytest.mark.parametrize("kind", ["a list", "no JSON", "not UTF-8", "a pipe", "endless", "64 GiB"])
def test_evaluate_names_a_split_that_is_no_table(run: RunFolder, kind: str):
    BROKEN_JSON[kind](run.split_csv)
    assert "split.csv" in refusal(run, evaluate)


@pytest.mark.parametrize("kind", BROKEN_JSON)
def test_evaluate_names_a_detector_that_is_no_json_object(run: RunFolder, kind: str):
    BROKEN_JSON[kind](run.detector_json)
    assert "detector" in refusal(run, evaluate)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "encoders"),
        ("[]", "key: value"),
        ("model: {encoders: {audio: 5}}", "model.encoders"),
        ("model: {encoders: {audio: {name: audio_cnn}}}\nseed: [1]", "seed"),
        ("model: {encoders: {audio: {name: audio_cnn}}}\nunknown: 1", "unknown"),
        ("a: &a [x]\nb: &b [*a, *a]\n" + "".join(f"c{n}: &c{n} [*b, *b]\n" for n in range(9)), "encoders"),
        ("x: " + DEEP, "nested deeper"),
    ],
)
@pytest.mark.parametrize("work", [evaluate, resume])
def test_a_file_that_is_not_a_config_is_refused(
    run: RunFolder, content: str, words: str, work: Callable[[RunFolder], None]
):
    run.config_yaml.write_text(content)
    assert words in refusal(run, work)


@pytest.mark.parametrize("work", [evaluate, resume])
def test_a_config_reads_no_variables_of_this_machine(run: RunFolder, work: Callable[[RunFolder], None]):
    lines = run.config_yaml.read_text("utf-8").splitlines()
    lines = ["  root: ${oc.env:HOME}" if line.startswith("  root:") else line for line in lines]
    run.config_yaml.write_text("\n".join(lines) + "\n")
    message = refusal(run, work)
    assert "${oc.env:HOME}" in message
    assert os.environ.get("HOME", "/nowhere") not in message


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n\n",
        "\x00\x00\x00",
        "is_fake,score\n1,0.5\n",
        "clip,split,is_fake,score,identity,race,gender\na,test,2,0.5,p,x,y\n",
        "clip,split,is_fake,score,identity,race,gender\na,test,1,nan,p,x,y\n",
        "clip,split,is_fake,score,identity,race,gender\na,test,1,1e999,p,x,y\n",
        "clip,split,is_fake,score,identity,race,gender\na,train,1,0.5,p,x,y\n",
        '"' + "x" * 1_000_000,
        ",".join(f"c{number}" for number in range(20_000)) + "\n",
    ],
    ids=[
        "empty",
        "blank",
        "zeros",
        "no identity",
        "label 2",
        "nan",
        "1e999",
        "no test",
        "open quote",
        "wide",
    ],
)
def test_a_file_that_is_not_a_score_table_is_refused(run: RunFolder, content: str):
    run.scores_csv.write_text(content)
    refusal(run, audit)


@pytest.mark.parametrize("kind", ["a pipe", "endless", "64 GiB"])
def test_a_score_table_that_is_no_file_of_a_sane_size_is_refused(run: RunFolder, kind: str):
    BROKEN_JSON[kind](run.scores_csv)
    assert "scores.csv" in refusal(run, audit)
