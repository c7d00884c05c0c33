"""How many trainings fit side by side: made-up folders of the kernel."""

from dataclasses import replace
from pathlib import Path

import pytest
from making.runs import CONFIG

from avdf.config.loading import load_config
from avdf.experiment.many_runs.room import NEEDED_BYTES, free_memory_bytes, num_fitting, num_side_by_side

GB = 1 << 30
MACHINE = f"MemTotal: {64 * GB >> 10} kB\nMemFree: 7 kB\nMemAvailable: {20 * GB >> 10} kB\n"


def kernel(folder: Path, groups: str, files: dict[str, str]) -> tuple[Path, Path]:
    """/proc and /sys/fs/cgroup with 20 GB available on the machine."""
    proc, cgroup = folder / "proc", folder / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text(MACHINE)
    (proc / "self" / "cgroup").write_text(groups)
    for name, text in files.items():
        (cgroup / name).parent.mkdir(parents=True, exist_ok=True)
        (cgroup / name).write_text(text)
    return proc, cgroup


@pytest.mark.parametrize(
    ("groups", "files", "free_gb"),
    [
        ("0::/\n", {}, 20),
        ("", {}, 20),
        ("nonsense\n", {}, 20),
        # version 2: 8 GB less 6, of which 3 are caches
        (
            "0::/\n",
            {
                "memory.max": f"{8 * GB}\n",
                "memory.current": f"{6 * GB}\n",
                "memory.stat": f"anon 1\ninactive_file {3 * GB}\n",
            },
            5,
        ),
        ("0::/\n", {"memory.max": "max\n", "memory.current": "5\n", "memory.stat": "inactive_file 0\n"}, 20),
        # the limit is that of the group above, of a job on a cluster
        (
            "0::/slurm/job_7/step_0\n",
            {
                "slurm/job_7/memory.max": f"{4 * GB}\n",
                "slurm/job_7/memory.current": f"{GB}\n",
                "slurm/job_7/memory.stat": "inactive_file 0\n",
                "slurm/job_7/step_0/memory.max": "max\n",
            },
            3,
        ),
        # version 1, beside a version 2 without a limit; used up
        (
            "4:memory:/docker/a\n0::/\n",
            {
                "memory/docker/a/memory.limit_in_bytes": f"{2 * GB}\n",
                "memory/docker/a/memory.usage_in_bytes": f"{3 * GB}\n",
                "memory/docker/a/memory.stat": f"total_inactive_file {GB // 2}\n",
            },
            0,
        ),
    ],
)
def test_free_memory_is_that_of_the_machine_or_of_the_container(
    tmp_path: Path, groups: str, files: dict[str, str], free_gb: int
):
    assert free_memory_bytes(*kernel(tmp_path, groups, files)) == free_gb * GB


@pytest.mark.parametrize(("given", "jobs", "number"), [(3, 5, 3), (9, 5, 5), (1, 5, 1)])
def test_a_given_number_is_taken_and_no_more_than_there_are_jobs(given: int, jobs: int, number: int):
    config = load_config(CONFIG)
    assert num_side_by_side(replace(config, run=replace(config.run, parallel_folds=given)), jobs) == number


@pytest.mark.parametrize(
    ("cores", "free_gb", "number"), [(8, 100, 8), (2, 100, 2), (0, 100, 1), (8, 6.1, 2), (8, 1, 1)]
)
def test_otherwise_cores_and_memory_decide_and_one_always_fits(cores: int, free_gb: float, number: int):
    """3 GB each."""
    assert NEEDED_BYTES == 3 * GB
    assert num_fitting(cores, int(free_gb * GB))[0] == number
    assert num_fitting(cores, None)[0] == max(cores, 1)
