"""A process of its own that decodes: a file that crashes it, or never ends, costs that file alone.

It is asked through a pipe, a line of JSON a file, and answers with a line of JSON and the samples.
`python -m avdf.data.audio.decoder` is that process.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.media import MediaError, as_int16, read_audio

COMMAND = (sys.executable, "-m", "avdf.data.audio.decoder")
LIMIT_S = 60.0  # of the clock, for one file; a clip of some seconds takes a hundredth of one
Decoded = tuple[NDArray[np.int16], dict[str, Any]]


class Decoder:
    """Reads one file after the other in a process that is started when needed, again after each crash."""

    def __init__(self, sample_rate_hz: int, limit_s: float = LIMIT_S, command: Sequence[str] = COMMAND):
        self.settings = (sample_rate_hz, limit_s, tuple(command))
        self._asked = {"sample_rate_hz": sample_rate_hz, "limit_s": limit_s}
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def read(self, path: Path) -> Decoded:
        """(sample,) 16-bit mono at the rate, and the facts of the file. Raises MediaError."""
        process = self._started()
        assert process.stdin is not None  # both are pipes
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"path": os.fsdecode(path), **self._asked}).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if not answer:
            raise self._died(path)
        said = json.loads(answer)
        if "reason" in said:
            raise MediaError(path, said["reason"], said["detail"])
        samples = process.stdout.read(2 * said["num_samples"])
        if len(samples) < 2 * said["num_samples"]:
            raise self._died(path)
        return np.frombuffer(samples, dtype="<i2"), said["facts"]

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            # The search path goes along: the caller may run from a folder, not from an installation.
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        return self._process

    def _died(self, path: Path) -> MediaError:
        status = 0
        if self._process is not None:
            status = self._process.wait()
            self.close()
        if status == -signal.SIGALRM:
            return MediaError(path, "time limit", f"not decoded within {self._asked['limit_s']:g} s")
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return MediaError(path, "crashed", f"it ended the decoder's process ({how})")


# A process outlives the shard it was started for: its start takes as long as a hundred clips.
_IDLE: list[Decoder] = []


@contextmanager
def borrowed(sample_rate_hz: int, limit_s: float, command: Sequence[str]) -> Iterator[Decoder]:
    """A decoder for one thread at a time: an idle one, or a new one."""
    try:
        decoder = _IDLE.pop()
    except IndexError:
        decoder = Decoder(sample_rate_hz, limit_s, command)
    if decoder.settings != (sample_rate_hz, limit_s, tuple(command)):
        decoder.close()
        decoder = Decoder(sample_rate_hz, limit_s, command)
    try:
        yield decoder
    except BaseException:
        decoder.close()  # it may be in the middle of an answer
        raise
    _IDLE.append(decoder)


@atexit.register
def close_idle() -> None:
    """Ends the processes of the decoders that nobody uses."""
    while _IDLE:
        _IDLE.pop().close()


def serve(decode: Callable[[Path, int], Decoded], asked: BinaryIO, answers: BinaryIO) -> None:
    """Answers each line of `asked` until there are no more."""
    for line in asked:
        question = json.loads(line)
        # Nothing handles the alarm, so that it ends a decoder that is deep in a library, too.
        signal.setitimer(signal.ITIMER_REAL, question["limit_s"])
        try:
            samples, facts = decode(Path(question["path"]), question["sample_rate_hz"])
            said = {"num_samples": len(samples), "facts": facts}
            answers.write(json.dumps(said).encode() + b"\n" + samples.astype("<i2").tobytes())
        except MediaError as error:
            answers.write(json.dumps({"reason": error.reason, "detail": error.detail}).encode() + b"\n")
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.flush()


def decode(path: Path, sample_rate_hz: int) -> Decoded:
    """(sample,) 16-bit mono and the facts of a file, as a dict. Raises MediaError."""
    audio = read_audio(path, sample_rate_hz)
    return as_int16(audio.waveform), asdict(audio.facts)


def main(decode: Callable[[Path, int], Decoded] = decode) -> None:
    """The decoder's process, on its standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand between the answers
    serve(decode, sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
