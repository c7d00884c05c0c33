"""A small detector, and a server of it whose decoders can be crashed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from making.detectors import save_small_detector
from making.media import RATE_HZ, speech_like, write_audio

pytest.importorskip("fastapi", reason="the extra serve is not installed")

from making.serving import Served, judge_of, serving

from avdf.data.audio.decoder import close_idle, keep_idle
from avdf.serving.limits import ServingLimits


@pytest.fixture(scope="session")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "detector"
    save_small_detector(folder)
    return folder


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of speech-like sound."""
    noise = np.random.default_rng(0).normal(0, 0.01, 3 * RATE_HZ)
    sound = (speech_like(3 * RATE_HZ)[:1] + noise).astype(np.float32)
    return write_audio(tmp_path_factory.mktemp("sound") / "a.wav", sound, "pcm_s16le")


@pytest.fixture(scope="session")
def served(detector: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """At most 0.5 MiB, 4 s of sound, 1 s to decode, one file at a time, one that waits."""
    limits = ServingLimits(
        max_mib=0.5, max_seconds=4, decode_timeout=1, upload_timeout=1.5, parallel=1, queue=1
    )
    judge, folder = judge_of(detector, limits), tmp_path_factory.mktemp("held")
    with keep_idle(), serving(judge, folder) as port:
        yield Served(port, judge, folder)
    close_idle()
