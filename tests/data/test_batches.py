"""Batches read by workers: too little shared memory, workers that die, errors of the data."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from making.sounds import make_sounds

from avdf.config.loading import load_config
from avdf.config.schema import FramesConfig
from avdf.data.batches import check_shared_memory, most_workers, read_batches
from avdf.data.dataset import LabelledClips, sample_bytes
from avdf.data.random_crops import RandomCrops
from avdf.errors import UserError
from avdf.experiment.machine import check_machine

BATCHES = [[0, 1, 2], [3, 4], [5, 6, 7]]
TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    table, store = make_sounds(tmp_path_factory.mktemp("sounds"), tmp_path_factory.mktemp("cache"))
    return LabelledClips(table, store, target="audio", seconds=0.5)


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_come_in_order_from_this_process_or_from_workers(clips: LabelledClips, workers: int):
    crops = RandomCrops(clips, seed=0)
    batches = list(read_batches(crops, BATCHES, workers))
    assert [batch["index"].tolist() for batch in batches] == BATCHES
    np.testing.assert_array_equal(batches[1]["waveform"][0], crops[3]["waveform"])


def test_a_sample_of_4_s_and_8_frames_takes_1_460_224_bytes():
    assert sample_bytes(64000, None) == 4 * 64000
    assert sample_bytes(64000, FramesConfig()) == 4 * 64000 + 8 * 3 * 224 * 224


def test_workers_that_need_a_petabyte_are_refused_before_any_data_is_read(tmp_path: Path):
    with pytest.raises(UserError, match=r"data\.workers: 2 workers need 6000000000 MB of shared memory"):
        check_shared_memory(10**15, workers=2, folder=tmp_path)


def test_the_most_workers_are_those_that_the_check_accepts_and_one_more_is_refused(tmp_path: Path):
    """Of the 12 and a half batches that fit, 2 are in use, and 5 workers read 2 each."""
    batch_bytes = 2 * shutil.disk_usage(tmp_path).free // 25
    assert most_workers(batch_bytes, folder=tmp_path) == 5
    check_shared_memory(batch_bytes, 5, folder=tmp_path)
    with pytest.raises(UserError):
        check_shared_memory(batch_bytes, 6, folder=tmp_path)
    assert most_workers(10**15, folder=tmp_path) == 0


def test_without_workers_and_without_a_shared_memory_folder_nothing_is_checked(tmp_path: Path):
    check_shared_memory(10**15, workers=0, folder=tmp_path)
    check_shared_memory(10**15, workers=2, folder=tmp_path / "nowhere")


def test_an_experiment_is_refused_before_its_data_is_decoded():
    overrides = ["data.workers=1000000", "data.seconds=60"]
    with pytest.raises(UserError, match=r"data\.workers: 1000000 workers need"):
        check_machine(load_config(TOP / "configs" / "audio_cnn.yaml", overrides))


class Dying(RandomCrops):
    """The fourth clip kills the process that reads it."""

    def __getitem__(self, item: int):
        if item == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(item)


class Failing(RandomCrops):
    def __getitem__(self, item: int):
        raise RuntimeError("the sample is wrong")


def test_a_worker_that_dies_ends_in_words_within_seconds(clips: LabelledClips):
    started = time.perf_counter()
    with pytest.raises(
        UserError, match=r"data\.workers: a process that reads batches died .*set data\.workers=0"
    ):
        list(read_batches(Dying(clips, seed=0), BATCHES, workers=2))
    assert time.perf_counter() - started < 30


def test_an_error_of_the_data_itself_is_passed_on(clips: LabelledClips):
    with pytest.raises(RuntimeError, match="the sample is wrong"):
        list(read_batches(Failing(clips, seed=0), BATCHES, workers=2))


PROGRAM = """
import sys
from pathlib import Path
import avdf.data.batches as batches
from avdf.data.dataset import LabelledClips
from avdf.data.random_crops import RandomCrops
from avdf.errors import UserError
from making.sounds import make_sounds
table, store = make_sounds(Path(sys.argv[1]) / "sounds", Path(sys.argv[1]) / "cache")
crops = RandomCrops(LabelledClips(table, store, target="audio", seconds=8.0), seed=0, crops_per_clip=10)
if sys.argv[2] == "later":  # as if another program took the memory after the check
    batches.check_shared_memory = lambda *size: None
try:
    items = [[*range(number, number + 40)] for number in range(0, 400, 40)]
    for batch in batches.read_batches(crops, items, 2):
        pass
except UserError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("at the start", "2 workers need 61 MB of shared memory"),
        ("later", "a process that reads batches died"),
    ],
)
def test_a_container_with_4_mb_of_shared_memory_is_refused_in_words(tmp_path: Path, when: str, message: str):
    """A batch of 40 crops of 8 s at 8 kHz takes 10.24 MB; 2 workers read 2 each ahead, and 2 are in use."""
    mount = "mount -t tmpfs -o size=4m tmpfs /dev/shm"
    if subprocess.run(["unshare", "-mUr", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("this machine allows no namespaces")
    within = ["unshare", "-mUr", "sh", "-c", f'{mount} && exec "$0" "$@"']
    done = subprocess.run(
        [*within, sys.executable, "-c", PROGRAM, tmp_path, when],
        env={**os.environ, "PYTHONPATH": f"{TOP}:{TOP / 'tests'}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert f"data.workers: {message}" in done.stdout, done.stderr
    assert "/dev/shm has" in done.stdout
    assert "set data.workers=0" in done.stdout
