"""A new corpus costs one file: registered, it is indexed, decoded, split and its labels are known."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.folders import make
from making.imitation import text
from making.sounds import write_wav

from avdf.config.schema import SPLITS, DataConfig, SplitConfig
from avdf.corpora import CORPORA, card_of, index_corpus, open_corpus, read_corpus
from avdf.data.clips import SKIPPED_COLUMNS, Index, group_columns, is_fake, summarise
from avdf.data.preparation import prepare
from avdf.data.splits.rules import split_clips
from avdf.errors import ConfigError
from avdf.experiment.sources import sources_of


@dataclass(frozen=True, kw_only=True)
class ReadingsConfig:
    """No settings."""


@CORPORA.register("readings", ReadingsConfig)
class Readings:
    """SPEAKER/NAME.wav, of which the fakes are called clone*: no groups, no list."""

    groups: tuple[str, ...] = ()
    attacks = ("clone",)
    official_splits: tuple[str, ...] = ()

    def __init__(self, config: ReadingsConfig) -> None:
        self.config = config

    def index(self, root: Path) -> Index:
        rows = []
        for path in sorted(root.glob("*/*.wav")):
            fake, speaker = path.name.startswith("clone"), path.parent.name
            rows.append(
                {
                    "clip": path.relative_to(root).as_posix(),
                    "type": "fake" if fake else "real",
                    "method": "clone" if fake else "real",
                    "source": speaker,
                    "voice": speaker,
                    "voice_rule": "source",
                    "identities": speaker,
                    "track": "",
                    "audio_fake": int(fake),
                    "video_fake": 0,
                    "size_bytes": path.stat().st_size,
                }
            )
        clips, skipped = pd.DataFrame(rows), pd.DataFrame([], columns=SKIPPED_COLUMNS)
        return Index(root=root, clips=clips, skipped=skipped, summary=summarise(clips, skipped))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight speakers with two readings and one clone of each."""
    root = tmp_path_factory.mktemp("readings")
    rng = np.random.default_rng(0)
    for speaker in range(8):
        for name in ("1", "2", "clone-1", "clone-2"):
            write_wav(root / f"speaker-{speaker}" / f"{name}.wav", rng.normal(0, 0.1, 12000), 16000)
    return root


def test_a_corpus_without_groups_is_indexed_and_its_labels_are_known(root: Path) -> None:
    index = index_corpus("readings", root)
    assert index.summary["num_by_type"] == {"real": 16, "fake": 16}
    assert (index.summary["num_files"], index.summary["num_rows"]) == (32, 0)
    assert "num_by_race" not in index.summary
    assert group_columns(index.clips) == []
    assert is_fake(index.clips, "audio").sum() == 16
    assert len(read_corpus("readings", root)) == 32


def test_it_is_decoded_and_split_by_voice_and_by_clip(root: Path, tmp_path: Path) -> None:
    clips = prepare(index_corpus("readings", root), tmp_path, sample_rate_hz=16000, workers=1).clips
    assert set(clips["audio_codec"]) == {"pcm_s16le"}
    assert clips["voice"].nunique() == 8
    for rule, num_test in ((SplitConfig(validation=0.25, test=0.25), 8), (SplitConfig(name="clip"), 5)):
        split = split_clips(clips, rule, seed=0)
        assert Counter(split.table["split"])["test"] == num_test
    assert not split_clips(clips, SplitConfig(validation=0.25, test=0.25), seed=0).certificate["leaks"]


def test_a_plugin_whose_groups_are_not_those_of_its_table_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Readings, "groups", ("accent",))
    with pytest.raises(
        ConfigError, match=r"'readings' declares the group columns \('accent',\), but .* has \(\)"
    ):
        index_corpus("readings", root)


def test_a_plugin_whose_table_lacks_a_column_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Readings.index

    def without_track(corpus: Readings, root: Path) -> Index:
        index = whole(corpus, root)
        return replace(index, clips=index.clips.drop(columns="track"))

    monkeypatch.setattr(Readings, "index", without_track)
    with pytest.raises(ConfigError, match="the clip table of plugin 'readings' lacks the column 'track'"):
        index_corpus("readings", root)


def test_a_wrong_name_is_answered_with_the_nearest_and_the_list() -> None:
    with pytest.raises(
        ConfigError, match=r"data\.corpus: no corpus 'fakavceleb', did you mean 'fakeavceleb'\?"
    ):
        open_corpus("fakavceleb")
    assert {"fakeavceleb", "demo"} <= set(CORPORA.names())


def test_every_corpus_says_its_groups_attacks_and_official_splits() -> None:
    for name in ("fakeavceleb", "demo"):
        corpus = open_corpus(name)
        assert corpus.groups == ("race", "gender")
        assert "wav2lip" in corpus.attacks
        assert corpus.official_splits == ()
    assert open_corpus("asvspoof5").groups == ("gender",)
    assert open_corpus("asvspoof5").official_splits == SPLITS
    assert open_corpus("in_the_wild").groups == ()


def test_every_corpus_of_this_package_has_a_card() -> None:
    for name in set(CORPORA.names()) - {"readings", "calls"}:
        card = card_of(open_corpus(name))
        assert card is not None
        assert all((card.modalities, card.labels, card.licence, card.access, card.flaws)), name
    assert card_of(open_corpus("readings")) is None


def test_root_demo_is_the_demo_corpus_in_the_cache_and_another_corpus_needs_its_folder() -> None:
    config = DataConfig()
    for changes, expected in (
        ({}, ("demo", Path("cache/demo-0"))),
        ({"root": "x"}, ("fakeavceleb", Path("x"))),
        ({"root": "x", "corpus": "readings"}, ("readings", Path("x"))),
    ):
        (source,) = sources_of(replace(config, **changes))
        assert (source.name, source.root) == expected
    with pytest.raises(ConfigError, match=r"data\.root: give the folder of the corpus 'readings'"):
        sources_of(replace(config, corpus="readings"))


def test_the_description_in_the_documentation_is_a_corpus(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "corpora.md").read_text("utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    exec(code, {"__name__": "calls"})
    text(
        tmp_path,
        "calls.csv",
        "call,caller,sex,verdict,system,part",
        "0.wav,ann,F,ok,,a",
        "1.wav,bob,m,bot,x,c",
    )
    make(tmp_path, "0.wav", "1.wav")
    table = read_corpus("calls", tmp_path)
    assert table[["clip", "method", "gender", "official_split"]].to_numpy().tolist() == [
        ["0.wav", "real", "women", "train"],
        ["1.wav", "x", "men", "test"],
    ]
