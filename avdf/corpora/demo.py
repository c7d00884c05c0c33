"""The made-up data set as a corpus: made on first use, in FakeAVCeleb's layout."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from avdf.corpora import CORPORA
from avdf.corpora.fakeavceleb.index import index_folder
from avdf.corpora.fakeavceleb.labels import GROUPS, METHODS
from avdf.data.clips import Index
from avdf.demo.making import make_demo
from avdf.demo.marker import MADE_UP, MARKER_NAME, demo_facts
from avdf.demo.plan import DemoSettings
from avdf.errors import ConfigError
from avdf.protocols.description import Card


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """The demo corpus has no settings; tools/demo_data.py makes variants of it."""


@CORPORA.register("demo", DemoConfig)
class Demo:
    """Synthetic voices and drawn faces; its clips carry the labels of FakeAVCeleb."""

    groups = GROUPS
    attacks = METHODS
    official_splits: tuple[str, ...] = ()
    card = Card(
        modalities=("audio", "video"),
        labels="those of FakeAVCeleb",
        licence="that of this program, which makes it",
        access="nobody: it is made on first use (data.root=demo)",
        flaws=("its voices and faces are made by code: its metrics mean nothing elsewhere",),
    )

    def __init__(self, config: DemoConfig) -> None:
        self.config = config

    def index(self, root: Path) -> Index:
        """Makes the data set in `root` if it is not there, and lists its clips.

        A demo of other settings is read as it is, if it is complete. Raises UserError if `root` holds
        anything else, ConfigError if its DEMO.json is not as it was written.
        """
        facts = demo_facts(root) or {}
        names = {field.name for field in fields(DemoSettings)}
        try:
            settings = DemoSettings(**{name: facts[name] for name in names & facts.keys()})
        except TypeError as error:
            raise ConfigError(f"{root}: its DEMO.json holds a value of another type ({error})") from error
        is_inner_root = (root / MARKER_NAME).is_file()
        index = index_folder(make_demo(root.parent if is_inner_root else root, settings))
        return replace(index, warnings=(MADE_UP, *index.warnings))
