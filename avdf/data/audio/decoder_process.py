"""The process that decodes: `python -m avdf.data.audio.decoder_process`, started by decoder.py.

It reads one line of JSON per file from a pipe and answers with a line of JSON and the samples. Where it is
asked to, it also measures them.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from avdf.data.audio.decoder import Decoded
from avdf.data.audio.levels import silence_of
from avdf.data.audio.limits import LIMITS, MediaLimits, limit_memory
from avdf.data.audio.media import check_has_audio
from avdf.data.audio.samples import read_int16
from avdf.data.audio.stored import Samples, blocks_of
from avdf.data.hearing import Hearing, hear
from avdf.data.recordings.measurement import measure_clip
from avdf.errors import MediaError


def serve(
    decode: Callable[[Path, int], Decoded],
    questions: BinaryIO,
    answers: BinaryIO,
    limits: MediaLimits = LIMITS,
) -> None:
    """Answers each line of `questions` until there are no more; `limits` are those of a silent film."""
    for line in questions:
        question = json.loads(line)
        if "frames" in question or "film" in question:  # imports must not take the time of the first file
            import avdf.data.audio.film
            import avdf.data.video.cropping  # noqa: F401
        # Nothing handles the alarm, so that it also ends a decoder that is deep in a library.
        signal.setitimer(signal.ITIMER_REAL, question["timeout_s"])
        try:
            answers.writelines(_answer_blocks(decode, question, questions, limits))
        except MediaError as error:
            answers.write(json.dumps({"reason": error.reason, "detail": error.detail}).encode() + b"\n")
        except MemoryError:
            detail = f"decoding it takes more than {LIMITS.memory_bytes / 2**30:g} GiB"
            answers.write(json.dumps({"reason": "memory limit", "detail": detail}).encode() + b"\n")
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.flush()


def _answer_blocks(
    decode: Callable[[Path, int], Decoded],
    question: dict[str, Any],
    questions: BinaryIO,
    limits: MediaLimits,
) -> Iterable[bytes | memoryview]:
    """A line of JSON, and the samples and pairs that it tells of."""
    path, sample_rate_hz = Path(question["path"]), question["sample_rate_hz"]
    if question.get("only_check"):
        check_has_audio(path)
        return [b"{}\n"]
    if "film" in question:
        from avdf.data.audio.film import film_of

        return [json.dumps(film_of(path, limits)).encode() + b"\n"]
    if "frames" in question:
        from avdf.data.video.cropping import cropped_frames

        frames, boxes = cropped_frames(path, **question["frames"])
        told = {"num_bytes": frames.nbytes, "boxes": boxes}
        return [json.dumps(told).encode() + b"\n", frames.tobytes()]
    answer: dict[str, Any] = {}
    blocks: Iterable[bytes | memoryview] = []
    is_decoded = "num_samples" in question
    if is_decoded:
        samples: Samples = np.frombuffer(questions.read(2 * question["num_samples"]), "<i2")
    else:
        samples, answer["info"] = decode(path, sample_rate_hz)
        if "hearing" in question:
            answer["heard"] = hear(path, samples, sample_rate_hz, Hearing(**question["hearing"]))
        answer["num_samples"] = len(samples)
        blocks = (block.astype("<i2", copy=False).data for block in blocks_of(samples))
    if is_decoded or question.get("is_measured"):
        measured = measure_clip(samples[:], sample_rate_hz)
        answer["measured"] = measured.header()
        blocks = chain(blocks, [measured.pairs.tobytes()])
    return chain([json.dumps(answer).encode() + b"\n"], blocks)


def decode(path: Path, sample_rate_hz: int) -> Decoded:
    """(sample,) 16-bit mono and the MediaInfo of a file, as a dict. Raises MediaError, also for silence."""
    samples, info = read_int16(path, sample_rate_hz)
    if (why := silence_of(samples, sample_rate_hz)) is not None:
        raise MediaError(path, "silent", why)
    return samples, asdict(info)


def main(decode: Callable[[Path, int], Decoded] = decode, limits: MediaLimits = LIMITS) -> None:
    """The decoder's process, on its standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    import scipy.fft  # noqa: F401  # what measures use; it must not take the time of the first file

    limit_memory()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    serve(decode, sys.stdin.buffer, answers, limits)


if __name__ == "__main__":
    main()
