"""Jobs side by side: their lines, every way to end, Ctrl-C, and a parent that is gone."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from making import jobs

from avdf.command import DONE, INTERRUPTED, MISTAKE
from avdf.experiment.many_runs.processes import PROGRAM_ERROR, Outcome, Processes
from avdf.experiment.many_runs.worker import Job

LIMIT_S = 30


def job(folder: Path, work: Callable[..., object], label: str = "fold 1 of 1") -> Job:
    return Job(label, folder / f"{label}.log", work)


def outcomes_of(given: list[Job], num_parallel: int = 2) -> list[Outcome]:
    with Processes(given, num_parallel) as processes:
        for _ in processes.epochs():
            pass
    return processes.outcomes


def interrupted_after(num_epochs: int, processes: Processes, *, again_every_s: float = 0) -> None:
    """Raises KeyboardInterrupt, once or as from a timer."""
    with processes:
        for number, _ in enumerate(processes.epochs(), start=1):
            if number == num_epochs:
                signal.setitimer(signal.ITIMER_REAL, again_every_s, again_every_s)
                raise KeyboardInterrupt


def wait_for(condition: Callable[[], bool]) -> None:
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < LIMIT_S
        time.sleep(0.02)


def test_every_epoch_of_every_job_is_reported_in_its_order_and_output_goes_to_the_log(tmp_path: Path):
    given = [job(tmp_path, partial(jobs.train, number), f"fold {number} of 3") for number in (1, 2, 3)]
    with Processes(given, 2) as processes:
        epochs = [(done.label, number) for done, number in processes.epochs()]
    for number in (1, 2, 3):
        label = f"fold {number} of 3"
        assert [epoch for name, epoch in epochs if name == label] == list(range(1, number + 1))
        lines = (tmp_path / f"{label}.log").read_text().splitlines()
        assert lines == [f"at epoch {epoch}" for epoch in range(1, number + 1)]
    assert sorted(outcome.job.label for outcome in processes.outcomes) == [job.label for job in given]
    assert {(outcome.status, outcome.message) for outcome in processes.outcomes} == {(DONE, "")}


@pytest.mark.parametrize(
    ("work", "status", "words"),
    [
        (jobs.mistake, MISTAKE, "data.root: no folder"),
        (jobs.program_error, PROGRAM_ERROR, "ended with an error of the program, whose traceback is in "),
        (jobs.use_all_memory, MISTAKE, "there is not enough memory for its training"),
        (partial(jobs.signal_itself, signal.SIGKILL), MISTAKE, "was killed by the system, most likely beca"),
        (partial(jobs.signal_itself, signal.SIGSEGV), MISTAKE, "was ended by the signal SIGSEGV"),
        (partial(jobs.signal_itself, signal.SIGTERM), INTERRUPTED, "interrupted; what was finished is kept"),
    ],
)
def test_a_job_that_ends_early_is_described_and_the_others_are_done(
    tmp_path: Path, work: Callable[..., object], status: int, words: str
):
    given = [
        job(tmp_path, partial(jobs.train, 2), "fold 1 of 3"),
        job(tmp_path, work, "fold 2 of 3"),
        job(tmp_path, partial(jobs.train, 2), "fold 3 of 3"),
    ]
    outcomes = {outcome.job.label: outcome for outcome in outcomes_of(given, 1)}
    assert [outcomes[f"fold {number} of 3"].status for number in (1, 2, 3)] == [DONE, status, DONE]
    assert outcomes["fold 2 of 3"].message.startswith(words)
    if status == PROGRAM_ERROR:
        assert "KeyError: 'not there'" in (tmp_path / "fold 2 of 3.log").read_text()


def test_a_line_of_a_job_has_its_name_and_a_line_of_all_jobs_is_shown_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.INFO):
        outcomes_of([job(tmp_path, jobs.say, f"fold {number} of 2") for number in (1, 2)], 1)
    assert caplog.messages == [
        "fold 1 of 2: 6 files were left out",
        "fold 1 of 2: epoch 1/2: loss 0.5",
        "fold 1 of 2: done",
        "fold 2 of 2: epoch 1/2: loss 0.5",
        "fold 2 of 2: done",
    ]
    assert (tmp_path / "fold 2 of 2.log").read_text().count("\n") == 3


def test_an_interrupt_of_the_parent_stops_all_jobs_with_their_state_saved(tmp_path: Path):
    states = [tmp_path / "first", tmp_path / "second", tmp_path / "never"]
    given = [
        job(tmp_path, partial(jobs.train_until_interrupted, state), f"fold {number} of 3")
        for number, state in enumerate(states, start=1)
    ]
    processes = Processes(given, 2)
    with pytest.raises(KeyboardInterrupt):
        interrupted_after(2, processes)
    assert [state.exists() for state in states] == [True, True, False]
    assert [outcome.status for outcome in processes.outcomes] == [INTERRUPTED, INTERRUPTED]


def test_a_third_interrupt_kills_a_job_that_does_not_hear(tmp_path: Path):
    processes = Processes([job(tmp_path, jobs.train_deaf)], 1)
    further = iter(("second", "third"))  # a fourth one would come before a slow machine has killed the job

    def interrupt(number: int, frame: object) -> None:
        if next(further, None):
            raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted_after(1, processes, again_every_s=0.3)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    [outcome] = processes.outcomes
    assert (outcome.status, outcome.message) == (INTERRUPTED, "was killed")


def test_jobs_are_interrupted_if_their_parent_is_killed(tmp_path: Path):
    program = (
        "import sys; from functools import partial; from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(jobs.__file__).parents[1])!r})\n"
        "from making import jobs\n"
        "from avdf.experiment.many_runs.processes import Processes\n"
        "from avdf.experiment.many_runs.worker import Job\n"
        "if __name__ == '__main__':\n"
        f"    work = partial(jobs.train_until_interrupted, Path({str(tmp_path / 'state')!r}))\n"
        f"    with Processes([Job('fold 1', Path({str(tmp_path / 'log')!r}), work)], 1) as processes:\n"
        "        for _ in processes.epochs(): print('epoch', flush=True)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(program)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "epoch\n"
        os.kill(parent.pid, signal.SIGKILL)
        wait_for((tmp_path / "state").exists)
    wait_for(lambda: "interrupted; what was finished is kept" in (tmp_path / "log").read_text())
