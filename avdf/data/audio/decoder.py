"""Decoding in a separate process: a file that crashes or blocks it does not affect other files.

This side asks; avdf/data/audio/decoder_process.py answers. No decoder is loaded here.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.limits import DECODE_TIMEOUT_S
from avdf.data.audio.stored import Samples, SampleStore
from avdf.data.hearing import Hearing
from avdf.data.recordings.measurement import ClipMeasurement, measurement_of
from avdf.errors import MediaError

COMMAND = (sys.executable, "-m", "avdf.data.audio.decoder_process")
_ENDED = (BrokenPipeError, ValueError)  # the process has ended, or another thread has closed its pipes
Decoded = tuple[Samples, dict[str, Any]]
_BLOCK = 1 << 20  # bytes


class Decoder:
    """Reads files in a process that is started when it is needed, and again after each crash."""

    def __init__(
        self, sample_rate_hz: int, timeout_s: float = DECODE_TIMEOUT_S, command: Sequence[str] = COMMAND
    ):
        self.command = tuple(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Lock()
        self.ask_for(sample_rate_hz, timeout_s)

    def ask_for(self, sample_rate_hz: int, timeout_s: float) -> None:
        """Sets the rate of the samples, and the time that a file may take, from the next file on."""
        self._question = {"sample_rate_hz": sample_rate_hz, "timeout_s": timeout_s}

    def start(self) -> None:
        """Starts the process, which then loads its libraries while the caller does something else."""
        self._pipes()

    def close(self) -> None:
        """Ends the process, also while another thread waits for its answer."""
        with self._closing:  # that thread closes it as well, and only one may read the pipes to their end
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def read(self, path: Path) -> tuple[NDArray[np.int16], dict[str, Any]]:
        """(sample,) 16-bit mono at the rate, and the MediaInfo of the file as a dict. Raises MediaError."""
        answer, stdout = self._answer(path, {})
        return self._samples(path, answer, stdout), answer["info"]

    def read_and_hear(self, path: Path, how: Hearing) -> Decoded:
        """As `read`; the dict also holds what `hear` says of the file. Raises MediaError.

        The samples of a long file are in a temporary one.
        """
        answer, stdout = self._answer(path, {"hearing": asdict(how)})
        return self._stored(path, 2 * answer["num_samples"], stdout), {**answer["info"], **answer["heard"]}

    def read_and_measure(self, path: Path) -> tuple[NDArray[np.int16], dict[str, Any], ClipMeasurement]:
        """As `read`, and the measurement of the samples. Raises MediaError."""
        answer, stdout = self._answer(path, {"is_measured": True})
        samples = self._samples(path, answer, stdout)
        return samples, answer["info"], self._measurement(path, answer, stdout)

    def measure(self, path: Path, samples: NDArray[np.int16]) -> ClipMeasurement:
        """The measurement of samples of that file which were decoded earlier. Raises MediaError."""
        block = samples.astype("<i2", copy=False).tobytes()
        return self._measurement(path, *self._answer(path, {"num_samples": len(samples)}, block))

    def read_frames(self, path: Path, asked: dict[str, Any]) -> tuple[bytes, list[Any] | None]:
        """What `cropped_frames` gives for `asked`, the frames in bytes. Raises MediaError."""
        answer, stdout = self._answer(path, {"frames": asked})
        return self._bytes(path, stdout, answer["num_bytes"]), answer["boxes"]

    def film(self, path: Path) -> dict[str, Any]:
        """What `film_of` says of a file. Raises MediaError."""
        answer, _ = self._answer(path, {"film": True})
        return answer

    def check_has_audio(self, path: Path) -> None:
        """Raises MediaError for a file that is no media container, or has no audio stream."""
        self._answer(path, {"only_check": True})

    def _answer(
        self, path: Path, options: dict[str, Any], block: bytes = b""
    ) -> tuple[dict[str, Any], IO[bytes]]:
        """The process's line about a file or the samples in `block`, and the pipe. Raises MediaError."""
        stdin, stdout = self._pipes()
        question = {"path": os.fsdecode(path.absolute()), **self._question, **options}
        try:
            stdin.write(json.dumps(question).encode() + b"\n" + block)
            stdin.flush()
            line = stdout.readline()
        except _ENDED:
            line = b""
        if not line:
            raise self._death_of(path)
        answer: dict[str, Any] = json.loads(line)
        if "reason" in answer:
            raise MediaError(path, answer["reason"], answer["detail"])
        return answer, stdout

    def _samples(self, path: Path, answer: dict[str, Any], stdout: IO[bytes]) -> NDArray[np.int16]:
        return np.frombuffer(self._bytes(path, stdout, 2 * answer["num_samples"]), "<i2")

    def _stored(self, path: Path, num_bytes: int, stdout: IO[bytes]) -> Samples:
        store = SampleStore(path)
        try:
            for start in range(0, num_bytes, _BLOCK):
                store.add(self._bytes(path, stdout, min(_BLOCK, num_bytes - start)))
            return store.samples()
        except MediaError:
            self.close()  # it may be in the middle of its answer
            raise

    def _measurement(self, path: Path, answer: dict[str, Any], stdout: IO[bytes]) -> ClipMeasurement:
        pairs = np.frombuffer(self._bytes(path, stdout, 8 * answer["measured"]["num_pairs"]), "<i4")
        return measurement_of(answer["measured"], pairs.reshape(-1, 2))

    def _bytes(self, path: Path, stdout: IO[bytes], num_bytes: int) -> bytes:
        """What follows the process's line. Raises MediaError."""
        try:
            content = stdout.read(num_bytes)
        except _ENDED:
            content = b""
        if len(content) < num_bytes:
            raise self._death_of(path)
        return content

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            # The search path goes along: the caller may run from a folder, not from an installation.
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        assert self._process.stdin is not None  # both are pipes
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _death_of(self, path: Path) -> MediaError:
        status, process = 0, self._process
        if process is not None:
            status = process.wait()
            self.close()
        if status == -signal.SIGALRM:
            return MediaError(path, "time limit", f"not decoded within {self._question['timeout_s']:g} s")
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return MediaError(path, "crashed", f"it ended the decoder's process ({how})")


# A process is kept for the next shard: its start takes as long as decoding a hundred clips.
_IDLE: list[Decoder] = []
_ANY_RATE_HZ = 16000
_KEEPERS: list[str] = []  # one for each block of `keep_idle`


@contextmanager
def pooled_decoder(
    sample_rate_hz: int, timeout_s: float = DECODE_TIMEOUT_S, command: Sequence[str] = COMMAND
) -> Iterator[Decoder]:
    """A decoder for one thread at a time: an idle one, or a new one."""
    try:
        decoder = _IDLE.pop()
    except IndexError:
        decoder = Decoder(sample_rate_hz, timeout_s, command)
    if decoder.command != tuple(command):
        decoder.close()
        decoder = Decoder(sample_rate_hz, timeout_s, command)
    decoder.ask_for(sample_rate_hz, timeout_s)
    try:
        yield decoder
    except BaseException:
        decoder.close()  # it may be in the middle of an answer
        raise
    _IDLE.append(decoder)


def start_idle() -> None:
    """Starts a process for the first that asks for a decoder, while nothing is decoded yet."""
    if not _IDLE:
        decoder = Decoder(_ANY_RATE_HZ)
        decoder.start()
        _IDLE.append(decoder)


@atexit.register
def close_idle() -> None:
    """Ends the processes of the decoders that nobody uses, but not within `keep_idle`."""
    while _IDLE and not _KEEPERS:
        _IDLE.pop().close()


@contextmanager
def keep_idle() -> Iterator[None]:
    """Within the block processes wait for further files: a server decodes one now and then."""
    _KEEPERS.append("a block")
    try:
        yield
    finally:
        _KEEPERS.pop()
