"""Jobs in processes side by side: their log lines, how each ended, and a stop on Ctrl-C."""

import logging
import multiprocessing
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from types import TracebackType

from avdf.command import DONE, INTERRUPTED, MISTAKE
from avdf.experiment.many_runs.worker import END, EPOCH, LINE, Job, received, run_job
from avdf.progress import above_bars

PROGRAM_ERROR = 1  # the exit status of a Python process after a traceback
_LOG = logging.getLogger(__name__)
# Imported once, by the process that starts the others: the training, and the report at its end.
_PRELOADED = ["avdf.experiment.run", "avdf.audit.folder", "avdf.evaluation.summary"]
_SHOWN_EACH_TIME = "avdf.training"  # loggers whose lines are shown even if another job has said the same
_NOT_SHOWN = "avdf.progress"


@dataclass(frozen=True)
class Outcome:
    """How a job ended: an exit status of avdf.command or PROGRAM_ERROR, and why it is not done."""

    job: Job
    status: int
    message: str


@dataclass
class _Running:
    job: Job
    process: BaseProcess
    connection: Connection
    message: str = ""
    is_open: bool = True


class Processes:
    """Does jobs in processes, at most `num_parallel` at a time, each started when one before it has ended.

    A context manager: leaving it by an exception stops all jobs, each with its state saved; a further
    Ctrl-C stops them at once, and a third one kills them.
    """

    def __init__(self, jobs: Sequence[Job], num_parallel: int) -> None:
        self.outcomes: list[Outcome] = []
        self._waiting = list(jobs)
        self._running: list[_Running] = []
        self._num_parallel = num_parallel
        self._said: set[str] = set()
        self._kills = False
        self._context = _context()
        self._context.set_forkserver_preload(_PRELOADED)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.clear()
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            try:
                self._send_signal(number)
                for _ in self.epochs():
                    pass
                return
            except KeyboardInterrupt:
                continue

    def epochs(self) -> Iterator[tuple[Job, int]]:
        """Does the jobs; yields each finished epoch of each job, counted from 1."""
        while self._waiting or self._running:
            while self._waiting and len(self._running) < self._num_parallel:
                self._start(self._waiting.pop(0))
            ready = wait([*self._open_connections(), *(item.process.sentinel for item in self._running)])
            for running in list(self._running):
                has_ended = running.process.sentinel in ready
                if running.connection in ready or has_ended:
                    yield from self._messages(running)
                if has_ended:
                    self._end(running)

    def _start(self, job: Job) -> None:
        connection, of_process = multiprocessing.Pipe(duplex=False)
        process = self._context.Process(target=run_job, args=(job, of_process), name=job.label)
        process.start()
        of_process.close()
        self._running.append(_Running(job, process, connection))

    def _open_connections(self) -> list[Connection]:
        return [running.connection for running in self._running if running.is_open]

    def _messages(self, running: _Running) -> Iterator[tuple[Job, int]]:
        """Reads what the process has sent by now."""
        while running.is_open:
            try:
                if not running.connection.poll():
                    return
                kind, *values = received(running.connection.recv_bytes())
            except (EOFError, OSError, ValueError):  # the process has ended, perhaps within a message
                running.is_open = False
                return
            if kind == EPOCH:
                yield running.job, int(values[0])
            elif kind == END:
                running.message = str(values[0])
            elif kind == LINE:
                self._show(running.job, *values)

    def _show(self, job: Job, level: int, logger: str, text: str) -> None:
        """Shows a line after the name of its job; a line that several jobs have, such as a warning, once."""
        is_new = logger.startswith(_SHOWN_EACH_TIME) or text not in self._said
        self._said.add(text)
        if is_new and not logger.startswith(_NOT_SHOWN):
            with above_bars():
                _LOG.log(level, "%s: %s", job.label, text)

    def _end(self, running: _Running) -> None:
        running.process.join()
        running.connection.close()
        self._running.remove(running)
        status, message = _status_of(running.process.exitcode or DONE)
        if self._kills:
            status, message = INTERRUPTED, "was killed"
        if status == PROGRAM_ERROR:
            message = f"ended with an error of the program, whose traceback is in {running.job.log}"
        outcome = Outcome(running.job, status, running.message or message)
        self.outcomes.append(outcome)
        with above_bars():
            _LOG.info("%s: %s", running.job.label, outcome.message or "done")

    def _send_signal(self, number: signal.Signals) -> None:
        for running in self._running:
            if number == signal.SIGKILL:
                self._kills = True
                running.process.kill()
            else:
                running.process.terminate()


def _context() -> SpawnContext | ForkServerContext:
    """Processes that do not inherit the threads of this one, as a fork of it would."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    return multiprocessing.get_context("forkserver")


def _status_of(code: int) -> tuple[int, str]:
    """The exit code of a process, negative for a signal, as a status of avdf.command and in words."""
    if code >= 0:
        return code, ""
    number = signal.Signals(-code)
    if number in (signal.SIGTERM, signal.SIGINT):
        return INTERRUPTED, "was interrupted"
    if number == signal.SIGKILL:
        return MISTAKE, "was killed by the system, most likely because memory ran out"
    return MISTAKE, f"was ended by the signal {number.name}"
