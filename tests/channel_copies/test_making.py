"""Copies through channels: what they hold, that they are made once, and what is left after a kill."""

import os
import pickle
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making.sounds import RATE_HZ, make_sounds
from numpy.typing import NDArray

from avdf.channel_copies.drawing import resolve_channels
from avdf.channel_copies.making import CopySource, make_copies
from avdf.channel_copies.plan import planned
from avdf.channels.noise import Noise, NoiseConfig
from avdf.config.channel_copies import ChannelCopiesConfig
from avdf.data.audio.levels import as_float32, as_int16
from avdf.data.audio.shards import Shard
from avdf.data.audio.sound_shards import SoundOfClips
from avdf.data.audio.store import Store
from avdf.data.copies import ClipCopies
from avdf.data.recordings.measurement import ClipMeasurement

CHANNELS = [{"name": "noise", "snr_db": {"min": 5, "max": 30}}, {"name": "excerpt", "seconds": 0.4}]
CONFIG = ChannelCopiesConfig(channels=resolve_channels(CHANNELS, "channels"), per_clip=3)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("sounds")
    return make_sounds(folder / "data", folder / "cache", num_voices=2)[1]


def parents_of(store: Store) -> dict[str, str]:
    """The fakes are made of the real clip of the same name."""
    return {clip: clip.replace("_fake", "") for clip in store.table["clip"]}


def made(store: Store, cache: Path, config: ChannelCopiesConfig = CONFIG, workers: int = 1) -> ClipCopies:
    return make_copies(store, parents_of(store), config, cache, workers=workers)


def all_copies(store: Store, copies: ClipCopies) -> dict[tuple[str, int], bytes]:
    numbers = range(copies.num_per_clip)
    return {(clip, n): copies.waveform(clip, n).tobytes() for clip in store.table["clip"] for n in numbers}


def test_a_copy_is_the_whole_clip_through_its_channel(store: Store, tmp_path: Path):
    copies = made(store, tmp_path)
    assert len(copies.store.table) == 3 * len(store.table) == 36
    for row, clip in enumerate(store.table["clip"]):
        plan = planned(clip, parents_of(store)[clip], CONFIG)
        original = as_float32(store.waveform(row))
        for number, copy in enumerate(plan.values()):
            heard = copies.waveform(clip, number)
            assert len(heard) == len(original)
            settings = copy.channels[0]
            if settings["name"] == "noise":
                through = Noise(NoiseConfig(snr_db=settings["snr_db"]))
                expected = through.apply(original, RATE_HZ, copy.generator())
                np.testing.assert_array_equal(heard, as_int16(expected))
            else:  # an excerpt of 0.4 s, repeated
                np.testing.assert_array_equal(heard[:100], heard[round(0.4 * RATE_HZ) :][:100])


def test_two_processes_make_the_same_copies_and_a_second_call_makes_none(store: Store, tmp_path: Path):
    one, two = made(store, tmp_path / "one"), made(store, tmp_path / "two", workers=2)
    assert all_copies(store, one) == all_copies(store, two)
    files = sorted((tmp_path / "one").rglob("shard-*"))
    before = [(path.name, path.stat().st_mtime_ns) for path in files]
    made(store, tmp_path / "one", replace(CONFIG, share=0.9))
    assert [(path.name, path.stat().st_mtime_ns) for path in files] == before
    made(store, tmp_path / "one", replace(CONFIG, seed=1))
    assert len(list((tmp_path / "one").iterdir())) == 2


def test_a_process_is_sent_the_clips_of_its_copies_alone(store: Store):
    parents = parents_of(store)
    copies = {name: copy for clip in parents for name, copy in planned(clip, parents[clip], CONFIG).items()}
    source = CopySource(store, {clip: row for row, clip in enumerate(store.table["clip"])}, copies)
    names = [name for name in copies if name.endswith(store.table["clip"].iloc[-1])]
    sent = source.narrowed(names)
    assert (len(sent.copies), len(sent.store.table)) == (3, 1)
    assert len(pickle.dumps(sent)) < len(pickle.dumps(source)) / 2
    for name in names:
        np.testing.assert_array_equal(sent.read(Path(name))[0], source.read(Path(name))[0])


@dataclass
class Counting:
    """A source that counts what it is asked for, and is killed at one of them."""

    source: CopySource
    killed_at: int | None = None
    asked: list[str] = field(default_factory=list)

    def read(self, path: Path) -> tuple[NDArray[np.int16], dict[str, Any]]:
        return self.source.read(path)

    def read_and_measure(self, path: Path) -> tuple[NDArray[np.int16], dict[str, Any], ClipMeasurement]:
        if self.killed_at == len(self.asked):
            os._exit(9)
        self.asked.append(path.as_posix())
        return self.source.read_and_measure(path)

    def measure(self, path: Path, samples: NDArray[np.int16]) -> ClipMeasurement:
        return self.source.measure(path, samples)


@pytest.fixture
def shard_of_copies(store: Store, tmp_path: Path) -> tuple[Shard, dict[str, str], CopySource]:
    """What make_copies fills its only shard with."""
    parents = parents_of(store)
    copies = {name: copy for clip in parents for name, copy in planned(clip, parents[clip], CONFIG).items()}
    rows = {clip: row for row, clip in enumerate(store.table["clip"])}
    hashes = dict(zip(store.table["clip"], store.table["sample_hash"], strict=True))
    stamps = {name: copies[name].stamp(hashes[copies[name].clip]) for name in sorted(copies)}
    made(store, tmp_path / "expected")
    return Shard(tmp_path / "made", 0), stamps, CopySource(store, rows, copies)


def test_after_a_kill_only_the_rest_is_made(shard_of_copies, tmp_path: Path):
    shard, stamps, source = shard_of_copies
    if (child := os.fork()) == 0:
        shard.update(Path(), stamps, SoundOfClips(Counting(source, killed_at=20)))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert not shard.list_path.exists()
    rest = Counting(source)
    assert shard.update(Path(), stamps, SoundOfClips(rest)) == 16
    assert rest.asked == list(stamps)[20:]
    expected = next((tmp_path / "expected").rglob("shard-00000.i16"))
    assert shard.samples_path.read_bytes() == expected.read_bytes()


def test_a_copy_whose_clip_has_changed_is_made_again_and_no_other(shard_of_copies):
    shard, stamps, source = shard_of_copies
    shard.update(Path(), stamps, SoundOfClips(source))
    name = list(stamps)[7]
    again = Counting(source)
    shard.update(Path(), {**stamps, name: "another"}, SoundOfClips(again))
    assert again.asked == [name]


def test_a_damaged_shard_is_made_again(store: Store, tmp_path: Path):
    before = all_copies(store, made(store, tmp_path))
    samples = next(tmp_path.rglob("*.i16"))
    content = bytearray(samples.read_bytes())
    content[100] ^= 1
    samples.write_bytes(content)
    assert all_copies(store, made(store, tmp_path)) == before


def test_the_draw_of_a_copy_takes_the_share_and_every_copy_alike(store: Store, tmp_path: Path):
    copies = made(store, tmp_path)
    drawn = [copies.drawn(np.random.default_rng(number)) for number in range(2000)]
    assert drawn.count(None) == pytest.approx(1000, abs=100)  # share is 0.5
    for number in range(3):
        assert drawn.count(number) == pytest.approx(333, abs=70)
