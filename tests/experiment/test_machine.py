"""Settings of the machine that a run works with."""

import os

import pytest
import torch

from avdf.config.schema import Config, DataConfig, ModelConfig
from avdf.experiment.machine import cpu_threads, num_workers

MODEL = ModelConfig(encoders={"audio": {"name": "audio_cnn"}})


@pytest.mark.parametrize(("number", "within"), [(1, 1), (2, 2), (None, 3)])
def test_a_run_has_its_number_of_threads_and_gives_back_those_before(number: int | None, within: int):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with cpu_threads(number):
            assert torch.get_num_threads() == within
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_the_threads_are_given_back_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError), cpu_threads(before + 1):
        raise RuntimeError
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("workers", "device", "num_processes", "expected"),
    [(None, "cpu", 1, 0), (3, "cpu", 1, 3), (0, "cuda", 1, 0), (None, "cuda", 1, 8), (None, "cuda", 4, 3)],
)
def test_a_gpu_has_up_to_8_workers_of_16_cores_unless_the_config_says_otherwise(
    workers: int | None, device: str, num_processes: int, expected: int, monkeypatch: pytest.MonkeyPatch
):
    """4 processes share 16 cores: each has 3 beside its own."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(16)), raising=False)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(num_processes))
    config = Config(data=DataConfig(seconds=0.1, workers=workers), model=MODEL)
    assert num_workers(config, torch.device(device)) == expected
