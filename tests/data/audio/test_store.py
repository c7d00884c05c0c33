"""The store of decoded audio: decoded once, whole after crashes, hangs, kills and torn files."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from making.stores import (
    FILES_OF_A_SHARD,
    RATE_HZ,
    all_samples,
    decoded_names,
    make_wavs,
    opened,
    stubborn,
    wav_samples,
)

from avdf.data.audio import store as store_module
from avdf.data.audio.decoder import COMMAND
from avdf.data.audio.levels import as_float32, as_int16
from avdf.data.audio.store import Decoding, Store, open_store
from avdf.errors import UserError


def test_clips_come_back_sample_by_sample_by_name(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["b", "a", "c"])
    store = opened(tmp_path, clips)
    assert store.table["clip"].tolist() == ["a.wav", "b.wav", "c.wav"]
    assert store.rows_of(["c.wav", "a.wav"]).tolist() == [2, 0]
    for name in "abc":
        read = store.waveform(int(store.rows_of([f"{name}.wav"])[0]))
        assert read.dtype == np.int16
        assert np.abs(read.astype(int) - wav_samples(tmp_path / "root" / f"{name}.wav")).max() <= 1
    with pytest.raises(KeyError):
        store.rows_of(["d.wav"])


def test_a_second_call_decodes_nothing_and_a_relabelled_clip_is_the_same_audio(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b"])
    first = opened(tmp_path, clips, command=stubborn(tmp_path))
    again = opened(tmp_path, clips.assign(method="other"), command=stubborn(tmp_path), verify_checksums=True)
    assert decoded_names(tmp_path) == ["a", "b"]
    assert all_samples(again) == all_samples(first)


def test_another_rate_is_another_store(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a"])
    assert opened(tmp_path, clips).folder != opened(tmp_path, clips, sample_rate_hz=4000).folder
    assert opened(tmp_path, clips, sample_rate_hz=4000).table["num_samples"].tolist() == [2000]


def test_a_file_that_is_no_medium_is_left_out_and_named(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b", "c"])
    (tmp_path / "root" / "b.wav").write_text("not a medium")
    (tmp_path / "root" / "c.wav").unlink()
    store = opened(tmp_path, clips)
    assert store.table["clip"].tolist() == ["a.wav"]
    assert store.skipped[["clip", "reason"]].to_numpy().tolist() == [
        ["b.wav", "unreadable"],
        ["c.wav", "missing file"],
    ]


def test_a_crash_or_a_hang_affects_one_file_only(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "crash", "hang", "noisy", "z"])
    store = opened(tmp_path, clips, command=stubborn(tmp_path), timeout_s=3.0)
    assert store.table["clip"].tolist() == ["a.wav", "noisy.wav", "z.wav"]
    assert store.skipped.to_numpy().tolist() == [
        ["crash.wav", "crashed", "it ended the decoder's process (SIGSEGV)"],
        ["hang.wav", "time limit", "not decoded within 3 s"],
    ]


def test_two_workers_make_the_same_bytes_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_CLIPS_PER_SHARD", 2)
    clips = make_wavs(tmp_path / "root", ["a", "b", "c", "d", "e"])
    one = open_store(tmp_path / "root", clips, tmp_path / "one", Decoding(sample_rate_hz=RATE_HZ))
    two = open_store(tmp_path / "root", clips, tmp_path / "two", Decoding(sample_rate_hz=RATE_HZ, workers=2))
    assert one.table.equals(two.table)
    for number in range(3):
        name = f"shard-{number:05}.i16"
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes()


def test_killed_half_way_the_next_call_goes_on_where_it_was(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b", "kill", "m", "n"])
    clips.to_csv(tmp_path / "clips.csv", index=False)
    decoder = stubborn(tmp_path)
    (tmp_path / "log.armed").touch()
    program = (
        "import sys, pandas as pd; from pathlib import Path\n"
        "from avdf.data.audio.store import Decoding, open_store\n"
        "here = Path(sys.argv[1])\n"
        "open_store(here / 'root', pd.read_csv(here / 'clips.csv'), here / 'cache',\n"
        f"           Decoding(sample_rate_hz={RATE_HZ}, command=tuple(sys.argv[2:])))"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path), *decoder], check=False)
    assert ended.returncode == -signal.SIGKILL
    (tmp_path / "log.armed").unlink()
    store = opened(tmp_path, clips, command=decoder)
    assert decoded_names(tmp_path) == ["a", "b", "kill", "kill", "m", "n"]
    fresh = open_store(tmp_path / "root", clips, tmp_path / "fresh", Decoding(sample_rate_hz=RATE_HZ))
    assert all_samples(store) == all_samples(fresh)
    assert sorted(path.name for path in store.folder.iterdir()) == FILES_OF_A_SHARD


def unfinished(store: Store) -> tuple[Path, Path]:
    """Makes the one shard of a store as it was just before its end: samples and journal."""
    listed = json.loads((store.folder / "shard-00000.json").read_text())
    journal, partial = store.folder / "shard-00000.journal", store.folder / "shard-00000.partial"
    journal.write_text("".join(json.dumps(row) + "\n" for row in listed["clips"]))
    (store.folder / "shard-00000.json").unlink()
    (store.folder / "shard-00000.i16").rename(partial)
    return journal, partial


@pytest.mark.parametrize(
    ("tear", "decoded_again"),
    [
        ("nothing", ""),
        ("last line", "c"),
        ("no newline", "c"),
        ("samples", "c"),
        ("one bit of b", "bc"),
        ("order", "abc"),
    ],
)
def test_a_torn_journal_is_used_up_to_the_tear(tear: str, decoded_again: str, tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b", "c"])
    before = opened(tmp_path, clips)
    samples = all_samples(before)
    journal, partial = unfinished(before)
    if tear == "last line":
        journal.write_bytes(journal.read_bytes()[:-20])
    elif tear == "no newline":
        journal.write_bytes(journal.read_bytes()[:-1])
    elif tear == "samples":
        partial.write_bytes(partial.read_bytes()[:-2])
    elif tear == "one bit of b":
        torn = bytearray(partial.read_bytes())
        torn[RATE_HZ + 1] ^= 1  # half a second of 16-bit samples is clip a
        partial.write_bytes(torn)
    elif tear == "order":
        journal.write_text("".join(reversed(journal.read_text().splitlines(keepends=True))))
    (tmp_path / "log").touch()
    again = opened(tmp_path, clips, command=stubborn(tmp_path))
    assert decoded_names(tmp_path) == list(decoded_again)
    assert all_samples(again) == samples


@pytest.mark.parametrize("tear", ["one bit", "cut", "longer", "list gone", "list torn", "shard gone"])
def test_a_torn_shard_is_noticed_and_written_again(tear: str, tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b"])
    before = opened(tmp_path, clips)
    samples = all_samples(before)
    shard, listed = before.folder / "shard-00000.i16", before.folder / "shard-00000.json"
    content = bytearray(shard.read_bytes())
    if tear == "one bit":
        content[100] ^= 1
        shard.write_bytes(content)
    elif tear == "cut":
        shard.write_bytes(content[:-100])
    elif tear == "longer":
        shard.write_bytes(content + b"12")
    elif tear == "list gone":
        listed.unlink()
    elif tear == "list torn":
        listed.write_bytes(listed.read_bytes()[:50])
    else:
        shard.unlink()
    assert all_samples(opened(tmp_path, clips)) == samples


def test_a_cache_that_was_copied_is_checked_and_kept(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a"])
    store = opened(tmp_path, clips)
    (store.folder / "shard-00000.i16").touch()  # another time, the same bytes
    opened(tmp_path, clips, command=stubborn(tmp_path))
    assert not (tmp_path / "log").exists()


def test_a_full_disk_is_said_in_words_and_what_was_finished_is_kept(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b", "c"])
    clips.to_csv(tmp_path / "clips.csv", index=False)
    program = (
        "import resource, sys, pandas as pd; from pathlib import Path\n"
        "from avdf.data.audio.store import Decoding, open_store\n"
        "here = Path(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "open_store(here / 'root', pd.read_csv(here / 'clips.csv'), here / 'cache',\n"
        f"           Decoding(sample_rate_hz={RATE_HZ}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert "free some space or choose another data.cache" in ended.stderr.splitlines()[-1]
    (tmp_path / "log").touch()
    store = opened(tmp_path, clips, command=stubborn(tmp_path))
    assert decoded_names(tmp_path) == ["b", "c"]
    assert len(store.table) == 3


def test_a_cache_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a"])
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(UserError, match="can't be written"):
        opened(tmp_path, clips)


def test_16_bits_and_back_are_the_same_and_what_is_too_loud_is_clipped() -> None:
    samples = np.array([-32767, -1, 0, 1, 32767], dtype=np.int16)
    assert as_int16(as_float32(samples)).tolist() == samples.tolist()
    assert as_int16(np.array([-2.0, 2.0], np.float32)).tolist() == [-32767, 32767]


def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("avdf.data.audio.parallel._CLUSTER_TIMEOUT_S", 0.2)
    clips = make_wavs(tmp_path / "root", ["a"])
    with pytest.raises(UserError, match=r"no scheduler answers at 'tcp://127\.0\.0\.1:1'"):
        opened(tmp_path, clips, dask="tcp://127.0.0.1:1")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_dask_cluster_of_two_makes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(store_module, "_CLIPS_PER_SHARD", 2)
    clips = make_wavs(tmp_path / "root", ["a", "b", "c", "d", "e"])
    here = open_store(tmp_path / "root", clips, tmp_path / "here", Decoding(sample_rate_hz=RATE_HZ))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        there = open_store(
            tmp_path / "root",
            clips,
            tmp_path / "there",
            Decoding(sample_rate_hz=RATE_HZ, dask=cluster.scheduler_address),
        )
    assert there.table.equals(here.table)
    for number in range(3):
        name = f"shard-{number:05}.i16"
        assert (here.folder / name).read_bytes() == (there.folder / name).read_bytes()


def test_the_decoder_that_ships_is_a_module_of_its_own() -> None:
    assert COMMAND[1:] == ("-m", "avdf.data.audio.decoder_process")
