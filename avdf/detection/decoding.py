"""Files -> their sound, in order, decoded ahead of scoring in worker processes."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from avdf.data.audio.decoder import COMMAND, Decoded, Decoder, close_idle, pooled_decoder
from avdf.data.audio.limits import DECODE_TIMEOUT_S
from avdf.data.hearing import Hearing
from avdf.detection.seeing import Seeing, heard_and_seen
from avdf.errors import MediaError

Outcome = Decoded | MediaError
_AHEAD = 16  # files per worker: in a folder of short clips no worker waits
_MOST_BYTES_AHEAD = 32 << 20  # of samples and frames: 17 minutes at 16 kHz


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """`workers` processes of `command` that decode, each file within `timeout_s`."""

    workers: int = 1
    timeout_s: float = DECODE_TIMEOUT_S
    command: Sequence[str] = COMMAND
    seeing: Seeing | None = None  # of a detector that looks at frames


def decoded_in_order(
    files: Iterable[Path], rate_hz: int, hearing: Hearing, how: Decoding
) -> Iterator[tuple[Path, Outcome]]:
    """Each file with its samples and what `hear` says of them, or with the reason why it has none.

    With `how.seeing` what is said of a file also holds its frames: see `heard_and_seen`.

    No file is begun while those that wait for the caller hold more than 32 MiB of samples.
    """
    busy: list[Decoder] = []
    gate = _Gate()

    def read(number: int, path: Path) -> Outcome:
        if not gate.enter(number):
            return MediaError(path, "interrupted", "the files before it were enough")
        with pooled_decoder(rate_hz, how.timeout_s, how.command) as decoder:
            busy.append(decoder)
            try:
                outcome = heard_and_seen(decoder, path, rate_hz, hearing, how.seeing)
                gate.change(_num_bytes(outcome))
                return outcome
            except MediaError as error:
                return error
            finally:
                busy.remove(decoder)

    workers, numbers = max(how.workers, 1), count()
    waiting: deque[tuple[Path, Future[Outcome]]] = deque()
    with ThreadPoolExecutor(max_workers=workers) as threads:
        try:
            for path in files:
                waiting.append((path, threads.submit(read, next(numbers), path)))
                if len(waiting) > _AHEAD * workers:
                    yield _oldest(waiting, gate)
            while waiting:
                yield _oldest(waiting, gate)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            gate.close()
            for decoder in list(busy):  # after Ctrl-C: a thread waits for the answer of each
                decoder.close()
            threads.shutdown(wait=True)
            close_idle()


def _oldest(waiting: deque[tuple[Path, Future[Outcome]]], gate: "_Gate") -> tuple[Path, Outcome]:
    path, future = waiting.popleft()
    outcome = future.result()
    gate.next_is_needed(0 if isinstance(outcome, MediaError) else _num_bytes(outcome))
    return path, outcome


def _num_bytes(decoded: Decoded) -> int:
    """Of samples and frames."""
    samples, info = decoded
    frames = info.get("frames")
    return 2 * len(samples) + (0 if frames is None else frames.nbytes)


class _Gate:
    """Where decoding waits while the decoded files hold too much memory; the needed file never waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._num_bytes, self._needed, self._is_closed = 0, 0, False

    def enter(self, number: int) -> bool:
        """Returns when the file of this number may be decoded; False if nothing more is wanted."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or number <= self._needed or self._num_bytes < _MOST_BYTES_AHEAD
            )
            return not self._is_closed

    def change(self, num_bytes: int) -> None:
        """Counts a decoded file."""
        with self._changed:
            self._num_bytes += num_bytes

    def next_is_needed(self, num_bytes: int) -> None:
        """Counts a file that the caller has taken."""
        with self._changed:
            self._num_bytes -= num_bytes
            self._needed += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Ends the waiting: no further file is decoded."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
