"""What the parts of a split share: counted, tied to the data by its hash, and said in words."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import combinations
from typing import Any

import pandas as pd

from avdf.config.schema import SplitConfig
from avdf.data.clips import data_hash
from avdf.errors import TableError
from avdf.files import text_hash

PARTS = ("train", "validation", "test")
_SHARED = ("clips", "voices", "tracks", "identities")


def certify(clips: pd.DataFrame, table: pd.DataFrame, rule: SplitConfig, seed: int) -> dict[str, Any]:
    """A split (clip, split) -> its certificate.json: what each pair of parts shares.

    `leaks` is true where two parts share a clip, a voice or a track.
    """
    rows = clips.merge(table, on="clip")
    parts = {name: rows[rows["split"] == name] for name in PARTS}
    contents = {name: _contents(part) for name, part in parts.items()}
    pairs = {
        f"{first}-{second}": {
            f"num_shared_{what}": len(contents[first][what] & contents[second][what]) for what in _SHARED
        }
        for first, second in combinations(PARTS, 2)
    }
    return {
        "name": rule.name,
        "seed": seed,
        "rule": asdict(rule),
        "data_hash": data_hash(clips),
        "split_hash": split_hash(table),
        "parts": {
            name: {f"num_{what}": len(items) for what, items in contents[name].items()} | _labels(parts[name])
            for name in PARTS
        },
        "pairs": pairs,
        "num_dropped": len(clips) - len(rows),
        "num_clips_without_track": int((rows["track"] == "").sum()),
        "leaks": any(
            pair[f"num_shared_{what}"] for pair in pairs.values() for what in ("clips", "voices", "tracks")
        ),
    }


def check_certificate(
    certificate: Mapping[str, Any], clips: pd.DataFrame, table: pd.DataFrame | None = None
) -> None:
    """Refuses a certificate of other data, or (with `table`) of another split.

    Raises TableError.
    """
    for key, now, what in (
        ("data_hash", data_hash(clips), "these clips: some were added, removed, changed or relabelled"),
        ("split_hash", None if table is None else split_hash(table), "this split: it was changed afterwards"),
    ):
        said = certificate.get(key)
        if now is not None and said != now:
            raise TableError(
                f"certificate.json: {key} is {_short(said)}, not {_short(now)}; it was not made for {what}. "
                "Make the split again with tools/split.py, or remove certificate.json to use it unproven"
            )


def verdict(certificate: Mapping[str, Any]) -> str:
    """One line on whether the parts are apart: for the first lines of a log and a report."""
    name = certificate["name"]
    shared = [
        f"{pair} share {' and '.join(said)}"
        for pair, counts in certificate["pairs"].items()
        if (
            said := [
                f"{counts[f'num_shared_{what}']} {what}"
                for what in ("clips", "voices", "tracks")
                if counts[f"num_shared_{what}"]
            ]
        )
    ]
    unknown = certificate["num_clips_without_track"]
    doubt = f"; the recordings of {unknown} clips are not known" if unknown else ""
    if certificate["leaks"]:
        return f"LEAKY SPLIT {name!r}: {', '.join(shared)}{doubt}; its figures measure memory, not detection"
    return f"split {name!r}: no two parts share a voice{'' if unknown else ' or a recording'}{doubt}"


def split_hash(table: pd.DataFrame) -> str:
    """sha256 over which clip is in which part, in whatever order they are listed."""
    rows = table[["clip", "split"]].sort_values("clip")
    return text_hash(rows.to_csv(index=False, lineterminator="\n"))


def _contents(part: pd.DataFrame) -> dict[str, set[str]]:
    return {
        "clips": set(part["clip"]),
        "voices": set(part["voice"]),
        "tracks": set(part["track"]) - {""},
        "identities": {name for names in part["identities"] for name in names.split(";")},
    }


def _labels(part: pd.DataFrame) -> dict[str, int]:
    return {f"num_{kind}_fake": int(part[f"{kind}_fake"].sum()) for kind in ("audio", "video")}


def _short(value: object) -> str:
    return f"{str(value)[:12]}..." if value else "missing"
