"""What is measured of a clip is measured where it is decoded, and again without decoding where it is lost."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from making.stores import RATE_HZ, decoded_names, make_wavs, opened, stubborn

from avdf.data.audibility import level_doubts
from avdf.data.audio.store import Store
from avdf.data.probes import MEASURED_PROBES, probe
from avdf.data.recordings.fingerprint import landmarks
from avdf.data.recordings.measured import Measured, measure
from avdf.data.recordings.measurement import at_fingerprint_rate
from avdf.data.recordings.measurement_file import read_measurements
from avdf.data.recordings.sounds import sounds_of

MEASURED = "shard-00000.measured"


@pytest.fixture
def clips(tmp_path: Path) -> pd.DataFrame:
    return make_wavs(tmp_path / "root", ["a", "b", "c"])


def decoded(tmp_path: Path, clips: pd.DataFrame) -> Store:
    """The store of the clips; tmp_path/log names each file that was decoded."""
    return opened(tmp_path, clips, command=stubborn(tmp_path))


def check(store: Store, measured: Measured) -> None:
    """All that was measured is that of the samples, measured one clip after the other."""
    sounds = sounds_of(store, measured)
    for row in range(len(store.table)):
        samples = store.waveform(row)
        probes = probe(samples, RATE_HZ)
        assert measured.probes.iloc[row].to_dict() == probes
        assert measured.doubts[row] == "; ".join(level_doubts(samples, RATE_HZ, probes["bandwidth_hz"]))
        expected, marks = landmarks(at_fingerprint_rate(samples, RATE_HZ)), sounds.landmarks(row)
        assert len(marks.hashes) > 10
        assert np.array_equal(marks.hashes, expected.hashes)
        assert np.array_equal(marks.frames, expected.frames)


def test_clips_are_measured_by_the_process_that_decodes_them(tmp_path: Path, clips: pd.DataFrame) -> None:
    store = decoded(tmp_path, clips)
    written = (store.folder / MEASURED).stat().st_mtime_ns
    check(store, measure(store, workers=1))
    assert (store.folder / MEASURED).stat().st_mtime_ns == written
    assert decoded_names(tmp_path) == ["a", "b", "c"]


@pytest.mark.parametrize("is_torn", [False, True])
def test_measurements_that_are_lost_or_torn_are_made_again_without_decoding(
    is_torn: bool, tmp_path: Path, clips: pd.DataFrame
) -> None:
    store = decoded(tmp_path, clips)
    path = store.folder / MEASURED
    content = path.read_bytes()
    if is_torn:
        path.write_bytes(content[:-4])
    else:
        path.unlink()
    check(store, measure(store, workers=2))
    assert path.read_bytes() == content
    assert decoded_names(tmp_path) == ["a", "b", "c"]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda content: content,
    "the last bit": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "a letter": lambda content: content[:40] + b"9" + content[41:],
    "all": lambda content: b"",
    "nested lists": lambda content: b"[" * 100_000,
    "a terabyte of pairs": lambda content: with_header(content, num_pairs=1 << 40),
    "negative pairs": lambda content: with_header(content, num_pairs=-1),
    "pairs are true": lambda content: with_header(content, num_pairs=True),
    "doubts are null": lambda content: with_header(content, doubts=None),
    "too few probes": lambda content: with_header(content, probes={"loudness_db": 0.0}),
    "probes are text": lambda content: with_header(content, probes="loud"),
    "a probe is nan": lambda content: with_header(content, probes=dict.fromkeys(MEASURED_PROBES, np.nan)),
}


def with_header(content: bytes, **change: Any) -> bytes:
    """The file with other values for the first clip, and a hash that fits."""
    line, _, pairs = content[33:].partition(b"\n")
    header = json.loads(line)
    header["clips"][0] |= change
    content = json.dumps(header).encode() + b"\n" + pairs
    return hashlib.blake2b(content, digest_size=16).hexdigest().encode() + b"\n" + content


def test_a_damaged_file_of_measurements_is_not_read(tmp_path: Path, clips: pd.DataFrame) -> None:
    store = decoded(tmp_path, clips)
    path = store.folder / MEASURED
    content = path.read_bytes()
    whole = []
    for name, damage in DAMAGES.items():
        path.write_bytes(damage(content))
        if read_measurements(path, store.digests[0], 3) is not None:
            whole.append(name)
    assert whole == ["nothing"]


def test_measurements_belong_to_their_samples_and_no_others(tmp_path: Path, clips: pd.DataFrame) -> None:
    store = decoded(tmp_path, clips)
    path = store.folder / MEASURED
    assert read_measurements(path, store.digests[0], 3) is not None
    assert read_measurements(path, store.digests[0], 2) is None
    assert read_measurements(path, "0" * 64, 3) is None
    content = (tmp_path / "root" / "b.wav").read_bytes()
    (tmp_path / "root" / "b.wav").write_bytes(content[:44] + content[44:][::-1])
    changed = decoded(tmp_path, clips)
    assert decoded_names(tmp_path) == ["a", "b", "c", "b"]
    check(changed, measure(changed, workers=1))


def test_a_shard_that_was_killed_before_its_end_is_measured_whole(
    tmp_path: Path, clips: pd.DataFrame
) -> None:
    store = decoded(tmp_path, clips)
    content = (store.folder / MEASURED).read_bytes()
    listed = json.loads((store.folder / "shard-00000.json").read_text())
    rows = listed["clips"][:2]  # killed while the last clip was decoded
    journal = store.folder / "shard-00000.journal"
    journal.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (store.folder / "shard-00000.i16").rename(store.folder / "shard-00000.partial")
    for name in (MEASURED, "shard-00000.json"):
        (store.folder / name).unlink()
    again = decoded(tmp_path, clips)
    assert decoded_names(tmp_path) == ["a", "b", "c", "c"]
    assert (again.folder / MEASURED).read_bytes() == content
