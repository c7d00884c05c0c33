"""FakeAVCeleb v1.2: 21,544 clips of 500 people, real and fake in audio and video.

H. Khalid et al., "FakeAVCeleb: A Novel Audio-Video Multimodal Deepfake Dataset", NeurIPS Datasets and
Benchmarks 2021. The folder layout and the variants of its list that are read: docs/data.md.
"""

from dataclasses import dataclass
from pathlib import Path

from avdf.corpora import CORPORA
from avdf.corpora.fakeavceleb.index import index_folder
from avdf.corpora.fakeavceleb.labels import GROUPS, METHODS
from avdf.data.clips import Index
from avdf.protocols.description import Card


@dataclass(frozen=True, kw_only=True)
class FakeAVCelebConfig:
    """FakeAVCeleb has no settings."""


@CORPORA.register("fakeavceleb", FakeAVCelebConfig)
class FakeAVCeleb:
    """TYPE/RACE/GENDER/ID/FILE.mp4, with or without meta_data.csv."""

    groups = GROUPS
    attacks = METHODS
    official_splits: tuple[str, ...] = ()
    people = "voxceleb"
    card = Card(
        modalities=("audio", "video"),
        labels="the folder, such as RealVideo-FakeAudio",
        licence="for research, by the terms of its request form",
        access="on request: DASH-Lab/FakeAVCeleb on GitHub",
        flaws=(
            "some 1,000 recordings for 21,544 clips: a split by clip trains on what it tests",
            "fakes start with 25 to 30 ms of silence, and the container betrays the class",
            "one voice cloner (SV2TTS) made all fake audio",
            "no official split; published splits by `source` share voices",
        ),
    )

    def __init__(self, config: FakeAVCelebConfig) -> None:
        self.config = config

    def index(self, root: Path) -> Index:
        """Lists the clips below `root`. Raises ConfigError, TableError."""
        return index_folder(root)
