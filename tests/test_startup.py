"""What is loaded when a training takes its first step, and when one file is scored. Seconds: benchmarks."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from making.detectors import save_small_detector
from making.onnx_detectors import save_loudness_meter
from making.sounds import write_wav
from making.tiny import RATE_HZ, make_tiny

from avdf.commands.dispatch import call
from avdf.config.detector_json import FACTS_NAME
from avdf.detection.onnx_file import NAME

TOP = Path(__file__).parents[1]
# Each takes 0.1 to 2 s to import, and is needed later or by other settings alone.
SLOW = ("torch._dynamo", "torch._inductor", "torch.distributed.tensor", "sympy", "torchvision", "scipy")
SLOW += ("sklearn", "matplotlib", "PIL", "jinja2", "joblib", "cv2", "decord", "optuna", "sqlalchemy", "dask")
OF_A_TRAINING = ("accelerate", "pandas", "pyarrow", "pydantic", "tensorboard", "torchvision")
DECODERS = ("av", "soxr", "scipy")  # another process has them

TRAIN = """
import json, os, sys
import avdf.training.steps as steps
from avdf.commands.dispatch import call

def tell(*arguments, **options):
    print(json.dumps(sorted(sys.modules)))
    sys.stdout.flush()
    os._exit(0)

take_step = steps.take_step
def take_one(*arguments, **options):
    take_step(*arguments, **options)
    tell()
steps.take_step = take_one
call(sys.argv[1], sys.argv[2:], sys.argv[1])
tell()
"""
PREDICT = """
import json, sys
from avdf.commands.dispatch import call
call(sys.argv[1], sys.argv[2:], sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""


def loaded_by(*words: str, program: str = TRAIN) -> set[str]:
    """The modules that a process has loaded after a command: of `train` after its first step."""
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=TOP)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def train_words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A training on data that is prepared."""
    folder = tmp_path_factory.mktemp("startup")
    root = make_tiny(folder / "data")
    words = [str(TOP / "configs" / "audio_cnn.yaml"), f"data.root={root}", f"data.cache={folder / 'cache'}"]
    call("prepare", [str(root), "--out", str(folder / "cache"), "--workers", "1"], "prepare")
    return [*words, f"run.dir={folder / 'run'}"]


def test_before_its_first_step_a_training_loads_no_module_of_a_report(train_words: list[str]):
    assert loaded_by("train", *train_words) & set(SLOW) == set()


@pytest.fixture(scope="module")
def predict_words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A detector, exported as well, and a file."""
    folder = tmp_path_factory.mktemp("predict")
    save_small_detector(folder / "detector")
    save_loudness_meter(folder / "detector" / NAME, folder / "detector" / FACTS_NAME)
    tone = [0.1 * ((number // 20) % 2) for number in range(RATE_HZ)]
    write_wav(folder / "clip.wav", tone, RATE_HZ)
    return [str(folder / "detector"), str(folder / "clip.wav"), "--json"]


def test_a_prediction_with_torch_loads_no_module_of_a_training(predict_words: list[str]):
    loaded = loaded_by("predict", *predict_words, program=PREDICT)
    assert "torch" in loaded
    assert loaded & {*SLOW, *OF_A_TRAINING, *DECODERS} == set()


def test_a_prediction_with_onnx_loads_no_torch_and_decodes_elsewhere(predict_words: list[str]):
    loaded = loaded_by("predict", *predict_words, "--runtime", "onnx", program=PREDICT)
    assert "onnxruntime" in loaded
    assert loaded & {*SLOW, *OF_A_TRAINING, *DECODERS, "torch", "torchaudio", "onnx", "yaml"} == set()


def test_the_benchmark_times_functions_that_exist():
    tree = ast.parse((TOP / "benchmarks" / "startup.py").read_text("utf-8"))
    stages = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").endswith("_STAGES")
    }
    assert set(stages) == {"TRAIN_STAGES", "PREDICT_STAGES"}
    for names in (names for of_command in stages.values() for names in of_command.items()):
        module, functions = names
        source = (TOP / Path(*module.split("."))).with_suffix(".py").read_text("utf-8")
        assert [name for name in functions if name not in source] == []
