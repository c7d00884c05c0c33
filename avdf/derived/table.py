"""The table of a derived corpus, fakes.csv: one row per copy, with its parent and what its parent is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.data.clips import SKIPPED_COLUMNS, Index, summarise
from avdf.errors import TableError, UserError
from avdf.files import read_csv_table, read_json

TABLE_NAME, FACTS_NAME, HEARD_NAME = "fakes.csv", "fakes.json", "heard.csv"
FORMAT_VERSION = 1
FAKE = "spoof"  # the label of every row
KINDS = ("signal", "vocoder", "codec")  # of a faker: without a network, with one, with one that codes
_MAKER = "tools/make_fakes.py writes it"
_FIRST = ("path", "label", "parent", "audio_attack", "kind", "settings")
_LAST = ("source", "voice", "identities")


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A derived corpus. The clips of `index` have the columns `parent`, `kind` and `settings`.

    `heard` are the voices that trained fakers were trained on, by faker.
    """

    index: Index
    facts: dict[str, Any]
    heard: dict[str, frozenset[str]]


def ordered(table: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """The columns in the order of fakes.csv: group columns lie between `settings` and `source`."""
    return table[[*_FIRST, *groups, *_LAST]].sort_values("path", ignore_index=True)


def read_fakes(root: Path, key: str = "data.fakes.root") -> Derived:
    """Reads a derived corpus without opening a media file; `key` is the setting that names its folder.

    Raises UserError, TableError.
    """
    if not (root / FACTS_NAME).is_file():
        raise UserError(f"{key}: no {FACTS_NAME} in {str(root)!r}; {_MAKER}")
    facts = read_json(root / FACTS_NAME)
    if (version := facts.get("format_version")) != FORMAT_VERSION:
        raise UserError(f"{root / FACTS_NAME}: format {version!r:.40}; this avdf reads {FORMAT_VERSION}")
    path = root / TABLE_NAME
    table = read_csv_table(path, _MAKER)
    names = list(table.columns)
    for name in (*_FIRST, *_LAST):
        if name not in names:
            raise TableError(f"{path}: lacks the column {name!r}; {_MAKER}")
    _refuse(path, table["path"][table["path"].duplicated()], "is listed twice")
    _refuse(path, table["path"][table["label"] != FAKE], f"must have the label {FAKE}")
    _refuse(path, table["path"][table["parent"] == ""], "has no parent")
    _refuse(path, table["path"][~table["kind"].isin(KINDS)], f"must have one of the kinds {', '.join(KINDS)}")
    _refuse(
        path, table["path"][[not _is_inside(root, name) for name in table["path"]]], "is outside the folder"
    )
    groups = names[names.index("settings") + 1 : names.index("source")]
    return Derived(index=_index(root, table, groups, facts), facts=facts, heard=_heard(root / HEARD_NAME))


def _index(root: Path, table: pd.DataFrame, groups: Sequence[str], facts: dict[str, Any]) -> Index:
    sizes = [_size(root / name) for name in table["path"]]
    clips = pd.DataFrame(
        {
            "clip": table["path"],
            "type": "fake audio",
            "method": table["audio_attack"],
            **{name: table[name] for name in groups},
            "audio_attack": table["audio_attack"],
            "video_attack": "",
            "source": table["source"],
            "voice": table["voice"],
            "voice_rule": "parent",
            "identities": table["identities"],
            "track": "",
            "audio_fake": 1,
            "video_fake": 0,
            "parent": table["parent"],
            "kind": table["kind"],
            "settings": table["settings"],
            "size_bytes": [size or 0 for size in sizes],
        }
    )
    there = pd.Series([size is not None for size in sizes], dtype=bool)
    lost = [(name, "missing file", f"{TABLE_NAME} lists it") for name in clips["clip"][~there]]
    skipped = pd.DataFrame(lost, columns=SKIPPED_COLUMNS)
    clips = clips[there].reset_index(drop=True)
    planned = facts.get("num_copies")
    warnings: tuple[str, ...] = ()
    if isinstance(planned, int) and len(clips) < planned:
        there_of_all = f"{len(clips)} of {planned} copies"
        warnings = (f"UNFINISHED FAKES: {root} holds {there_of_all}; the same command makes the rest.",)
    return Index(
        root=root, clips=clips, skipped=skipped, summary=summarise(clips, skipped), warnings=warnings
    )


def _heard(path: Path) -> dict[str, frozenset[str]]:
    table = read_csv_table(path, _MAKER)
    for name in ("faker", "voice"):
        if name not in table.columns:
            raise TableError(f"{path}: lacks the column {name!r}; {_MAKER}")
    return {str(faker): frozenset(voices) for faker, voices in table.groupby("faker")["voice"]}


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _is_inside(root: Path, name: str) -> bool:
    return bool(name) and (root / name).resolve().is_relative_to(root.resolve())


def _refuse(path: Path, names: "pd.Series[str]", why: str) -> None:
    if len(names):
        more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        raise TableError(f"{path}: {names.iloc[0]!r}{more} {why}; {_MAKER}")
