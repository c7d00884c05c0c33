"""A derived corpus: parents are noted, bytes depend on the seed alone, and finished copies are kept."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.copies import spectral_distance_db
from making.tiny import RATE_HZ, make_tiny

from avdf.commands.dispatch import call
from avdf.corpora import index_corpus
from avdf.data.audio.samples import read_int16
from avdf.data.preparation import Prepared, prepare
from avdf.derived.making import Making, make_fakes
from avdf.derived.plan import plan_copies
from avdf.derived.table import read_fakes
from avdf.errors import TableError, UserError
from avdf.fakers import FAKERS

FAKERS_USED = ({"name": "lpc"}, {"name": "spectral_svd"})


@dataclass(frozen=True, kw_only=True)
class StoppingConfig:
    """Ctrl-C arrives while this faker makes its third copy."""


class Stopping:
    attack, kind = "stopping", "signal"
    num_made = 0

    def __init__(self, config: StoppingConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> dict[str, int]:
        return {"shift": int(rng.integers(9))}

    def resynthesise(self, waveform, sample_rate_hz, settings, rng):
        Stopping.num_made += 1
        if Stopping.num_made == 3:
            raise KeyboardInterrupt
        return np.roll(waveform, settings["shift"])


@pytest.fixture
def stopping() -> Iterator[dict[str, str]]:
    FAKERS.register("stopping", StoppingConfig)(Stopping)
    yield {"name": "stopping"}
    del FAKERS._registered["stopping"]  # other tests run over all fakers


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("tiny")
    index = index_corpus("fakeavceleb", make_tiny(folder / "FakeAVCeleb_v1.2", num_people=1))
    return prepare(index, folder / "cache", sample_rate_hz=RATE_HZ, workers=1)


@pytest.fixture(scope="module")
def made(tiny: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "fakes"
    assert make_fakes(tiny, making(), out, workers=1) == {}
    return out


def making(fakers: tuple[dict[str, str], ...] = FAKERS_USED, seed: int = 0) -> Making:
    return Making(corpus="fakeavceleb", fakers=fakers, per_clip=2, seed=seed)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in files(folder)}


def files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def test_every_real_clip_has_one_copy_by_each_faker_and_the_table_says_what_its_parent_is(tiny, made):
    derived = read_fakes(made)
    reals = tiny.clips[tiny.clips["audio_fake"] == 0].set_index("clip")
    copies = derived.index.clips
    assert len(reals) == 8
    assert len(copies) == 16
    assert sorted(zip(copies["parent"], copies["audio_attack"], strict=True)) == [
        (clip, attack) for clip in sorted(reals.index) for attack in ("lpc", "spectral_svd")
    ]
    for column in ("voice", "source", "identities", "race", "gender"):
        assert list(copies[column]) == list(reals.loc[copies["parent"], column])
    assert set(copies["audio_fake"]) == {1}
    assert all(json.loads(text) for text in copies["settings"])
    assert derived.heard == {}
    assert (derived.facts["num_copies"], derived.facts["seed"]) == (16, 0)


def test_a_copy_has_the_length_and_the_level_of_its_parent_and_other_samples(tiny, made):
    row_of = dict(zip(tiny.store.table["clip"], range(len(tiny.store.table)), strict=True))
    for path, parent in read_fakes(made).index.clips[["clip", "parent"]].itertuples(index=False):
        samples, info = read_int16(made / path, RATE_HZ)
        original = tiny.store.waveform(row_of[parent])
        assert len(samples) == len(original)
        assert info.audio_codec == "flac"
        assert samples.std() == pytest.approx(original.std(), rel=0.01)
        assert spectral_distance_db(original / 32767, samples / 32767) > 2


def test_two_processes_write_the_same_bytes_as_one(tiny, made, tmp_path):
    make_fakes(tiny, making(), tmp_path / "fakes", workers=2)
    assert contents(tmp_path / "fakes") == contents(made)


def test_a_copy_is_the_same_whatever_other_fakers_there_are(tiny, made, tmp_path):
    make_fakes(tiny, making(({"name": "lpc"},)), tmp_path / "fakes", workers=1)
    alone = {name: content for name, content in contents(tmp_path / "fakes").items() if "lpc" in name}
    assert alone.items() >= {n: c for n, c in contents(made).items() if "/lpc/" in n}.items()
    assert len(alone) == 16  # two of each clip by the only faker


def test_only_what_is_missing_is_made_again(tiny, made, tmp_path):
    before = contents(made)
    removed, *kept = sorted(made.rglob("*.flac"))
    times = {path: path.stat().st_mtime_ns for path in kept}
    removed.unlink()
    (made / "fakes.csv").unlink()
    make_fakes(tiny, making(), made, workers=1)
    assert contents(made) == before
    assert {path: path.stat().st_mtime_ns for path in kept} == times


def test_ctrl_c_keeps_what_is_finished_and_the_table_lists_it(tiny, stopping, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        make_fakes(tiny, making((stopping,)), tmp_path / "fakes", workers=1)
    derived = read_fakes(tmp_path / "fakes")
    assert len(derived.index.clips) == 2
    assert derived.index.warnings[0].startswith("UNFINISHED FAKES")
    make_fakes(tiny, making((stopping,)), tmp_path / "fakes", workers=1)
    assert Stopping.num_made == 3 + 14  # the third was begun twice
    assert len(read_fakes(tmp_path / "fakes").index.clips) == 16


def test_a_folder_of_other_copies_or_of_other_files_is_refused(tiny, made, tmp_path):
    with pytest.raises(UserError, match=r"were made with seed 0, not 1; choose another folder"):
        make_fakes(tiny, making(seed=1), made, workers=1)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other files than fakes"):
        make_fakes(tiny, making(), tmp_path, workers=1)
    assert contents(tmp_path) == {"notes.txt": b"mine"}


@pytest.mark.parametrize(
    ("fakers", "message"),
    [
        (["lpc", "lcp"], "no faker 'lcp', did you mean 'lpc'"),
        (["lpc", "lpc"], "--fakers: each once, got lpc lpc"),
        (["lpc"], "holds other files than fakes"),
    ],
)
def test_fakers_and_folder_are_refused_before_the_corpus_is_decoded(tmp_path, fakers, message):
    """The corpus is not even there."""
    (tmp_path / "notes.txt").write_text("mine")
    words = [str(tmp_path / "corpus"), "--fakers", *fakers, "--out", str(tmp_path)]
    with pytest.raises(UserError, match=message):
        call("make_fakes", words, "avdf make_fakes")


def test_each_clip_draws_its_fakers_so_that_one_copy_each_uses_all_of_them():
    parents = [f"{number}.wav" for number in range(300)]
    planned = plan_copies(parents, ["a", "b", "c"], 1, seed=0)
    counts = np.bincount([copy.faker for copy in planned])
    assert len(planned) == 300
    assert counts.min() > 75  # 100 each on average, standard deviation 8
    assert len({copy.seed for copy in planned}) == 300


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("path", "../outside.flac", "is outside the folder"),
        ("parent", "", "has no parent"),
        ("label", "bonafide", "must have the label spoof"),
        ("kind", "magic", "must have one of the kinds signal, vocoder, codec"),
    ],
)
def test_a_table_that_was_changed_is_refused_by_row_and_reason(made, tmp_path, column, value, message):
    for name in ("fakes.json", "heard.csv"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    table = pd.read_csv(made / "fakes.csv", keep_default_na=False)
    table.loc[3, column] = value
    table.to_csv(tmp_path / "fakes.csv", index=False)
    with pytest.raises(TableError, match=message):
        read_fakes(tmp_path)


def test_the_command_makes_them_and_an_unknown_faker_is_answered_with_the_nearest(tmp_path, capsys):
    root = make_tiny(tmp_path / "FakeAVCeleb_v1.2", num_people=1)
    words = [
        str(root),
        "--out",
        str(tmp_path / "fakes"),
        "--cache",
        str(tmp_path / "cache"),
        "--workers",
        "1",
    ]
    with pytest.raises(UserError, match=r"no faker 'lpcc', did you mean 'lpc'"):
        call("make_fakes", [*words, "--fakers", "lpcc"], "avdf make_fakes")
    assert call("make_fakes", [*words, "--fakers", "lpc"], "avdf make_fakes") == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "fakes")
    assert len(pd.read_csv(tmp_path / "fakes" / "fakes.csv")) == 8
