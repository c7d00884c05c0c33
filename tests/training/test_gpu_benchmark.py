"""benchmarks/gpu.py, on a CPU at a tiny size; and what it says of the speeds that it measures."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "gpu.py"


@pytest.fixture(scope="module")
def gpu() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gpu", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gpu"] = module
    spec.loader.exec_module(module)
    return module


def test_both_loops_run_over_the_end_of_an_epoch_of_4_steps():
    size = ["--variant", "b0", "--batch-size", "2", "--seconds", "0.2", "--steps", "5", "--warm-up", "0"]
    command = [sys.executable, str(BENCHMARK), "--device", "cpu", *size, "--one", "no", "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    speed = json.loads(done.stdout.splitlines()[-1])
    assert speed["bare"] > 0
    assert speed["training"] > 0
    assert 0 < speed["waiting"] < 1
    assert speed["host_waits"] is None


def test_the_verdict_tells_a_slow_step_from_waiting_for_batches_and_counts_waits(gpu: ModuleType):
    speeds = {
        "a": gpu.Speed(bare=1000, training=950, waiting=0.01, host_waits=2),
        "b": gpu.Speed(bare=1000, training=500, waiting=0.45, host_waits=2),
        "c": gpu.Speed(bare=1000, training=800, waiting=0.01, host_waits=64),
    }
    assert list(gpu.verdicts(speeds, "cuda")) == [
        "a: 95% of the bare loop, goal 90% reached; it is not input-bound.",
        "b: 50% of the bare loop, goal 90% missed; it waits for batches: raise data.workers.",
        "c: 80% of the bare loop, goal 90% missed; it is not input-bound.",
        "c: the host waited 64 times where 2 readings of losses are due.",
    ]


def test_a_measurement_on_a_cpu_says_so(gpu: ModuleType):
    [line] = gpu.verdicts({}, "cpu")
    assert "says nothing about a GPU" in line
