"""The certificate of a split: counts of what its splits share, hashes of the data, a verdict in words."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import combinations
from typing import Any

import pandas as pd

from avdf.config.schema import SPLITS, SplitConfig
from avdf.data.clips import CORPUS, data_hash
from avdf.errors import TableError
from avdf.files import text_hash

_LEAKING = ("clips", "voices", "tracks")  # a split that shares any of these leaks
_LEAKING_OF_FACE = ("clips", "faces")  # the rule face is for detectors that look and do not hear
_MOST_NAMED = 100  # recordings in several corpora
_SHARED = (*_LEAKING, "identities", "faces")


def certify(clips: pd.DataFrame, table: pd.DataFrame, rule: SplitConfig, seed: int) -> dict[str, Any]:
    """A split table (clip, split) -> its certificate.json: what each pair of splits shares.

    `leaks` is true if two of them share a clip, a voice or a track; of the rule `face`, a clip or a face.
    """
    rows = clips.merge(table, on="clip")
    clips_of = {name: rows[rows["split"] == name] for name in SPLITS}
    contents = {name: _contents(of_split) for name, of_split in clips_of.items()}
    pairs = {
        f"{first}-{second}": {
            f"num_shared_{kind}": len(contents[first][kind] & contents[second][kind]) for kind in _SHARED
        }
        for first, second in combinations(SPLITS, 2)
    }
    return {
        "name": rule.name,
        "seed": seed,
        "rule": asdict(rule),
        "data_hash": data_hash(clips),
        "split_hash": split_hash(table),
        "parts": {
            name: {f"num_{kind}": len(items) for kind, items in contents[name].items()}
            | _num_fakes(clips_of[name])
            for name in SPLITS
        },
        "pairs": pairs,
        "num_dropped": len(clips) - len(rows),
        "num_clips_without_track": int((rows["track"] == "").sum()),
        **_across_corpora(clips),
        "leaks": any(pair[f"num_shared_{kind}"] for pair in pairs.values() for kind in _leaking(rule.name)),
    }


def _across_corpora(clips: pd.DataFrame) -> dict[str, Any]:
    """What several corpora share: people, and recordings with a clip of each corpus; {} for one corpus."""
    if CORPUS not in clips:
        return {}
    known = clips[clips["track"] != ""].sort_values("clip")
    num_corpora = known.groupby("track")[CORPUS].nunique()
    shared = sorted(num_corpora.index[num_corpora > 1])
    one_each = known.drop_duplicates(["track", CORPUS]).groupby("track")["clip"].agg(list)
    people = clips.groupby("voice")[CORPUS].nunique()
    return {
        "corpora": {str(name): int(count) for name, count in clips[CORPUS].value_counts().items()},
        "num_shared_recordings": len(shared),
        "shared_recordings": {track: one_each[track] for track in shared[:_MOST_NAMED]},
        "num_shared_voices": int((people > 1).sum()),
    }


def check_certificate(
    certificate: Mapping[str, Any], clips: pd.DataFrame, table: pd.DataFrame | None = None
) -> None:
    """Raises TableError if the certificate is of other clips or, with `table`, of another split."""
    for key, current, purpose in (
        ("data_hash", data_hash(clips), "these clips: some were added, removed, changed or relabelled"),
        ("split_hash", None if table is None else split_hash(table), "this split: it was changed afterwards"),
    ):
        recorded = certificate.get(key)
        if current is not None and recorded != current:
            raise TableError(
                f"certificate.json: {key} is {_short(recorded)}, not {_short(current)}; it was not made for "
                f"{purpose}. Make the split again with tools/split.py, or remove certificate.json to use it "
                "without one"
            )


def verdict(certificate: Mapping[str, Any]) -> str:
    """One line on what the splits share, for the top of a log and of a report."""
    name = certificate["name"]
    leaking = _leaking(name)
    shared = [
        f"{pair} share {' and '.join(counted)}"
        for pair, counts in certificate["pairs"].items()
        if (
            counted := [
                f"{counts[f'num_shared_{kind}']} {kind}" for kind in leaking if counts[f"num_shared_{kind}"]
            ]
        )
    ]
    if heard := certificate.get("fakes", {}).get("num_heard", 0):
        shared.append(f"fakers have heard {heard} voices of validation or test")
    unknown = certificate["num_clips_without_track"]
    note = f"; the recordings of {unknown} clips are not known" if unknown else ""
    if certificate["leaks"]:
        return f"LEAKY SPLIT {name!r}: {', '.join(shared)}{note}; its metrics measure memory, not detection"
    if name == "face":
        return f"split {name!r}: no two of train, validation and test share a face"
    not_shared = "voice" if unknown else "voice or a recording"
    return f"split {name!r}: no two of train, validation and test share a {not_shared}{note}"


def split_hash(table: pd.DataFrame) -> str:
    """sha256 of which clip is in which split; the order of the rows does not change it."""
    rows = table[["clip", "split"]].sort_values("clip")
    return text_hash(rows.to_csv(index=False, lineterminator="\n"))


def _contents(clips: pd.DataFrame) -> dict[str, set[str]]:
    return {
        "clips": set(clips["clip"].tolist()),
        "voices": set(clips["voice"].tolist()),
        "tracks": set(clips["track"].tolist()) - {""},
        "faces": set(clips["source"].tolist()),
        "identities": {name for names in clips["identities"].unique() for name in names.split(";")},
    }


def _leaking(rule_name: str) -> tuple[str, ...]:
    return _LEAKING_OF_FACE if rule_name == "face" else _LEAKING


def _num_fakes(clips: pd.DataFrame) -> dict[str, int]:
    return {f"num_{kind}_fake": int(clips[f"{kind}_fake"].sum()) for kind in ("audio", "video")}


def _short(value: object) -> str:
    return f"{str(value)[:12]}..." if value else "missing"
