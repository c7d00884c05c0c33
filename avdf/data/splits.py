"""Clip table -> parts that share nothing, and a certificate of what they do share."""

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from avdf.data.clips import data_hash
from avdf.errors import ConfigError
from avdf.settings import SplitConfig

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Split:
    """`table`: clip, split (a clip that is in no part is missing). `certificate`: what parts share."""

    table: pd.DataFrame
    certificate: dict[str, Any]


def split_clips(clips: pd.DataFrame, rule: SplitConfig, seed: int) -> Split:
    """Parts the clips by a rule of SplitConfig; the same seed gives the same parts.

    Raises ConfigError where a rule can't be followed on these clips.
    """
    if rule.name != "voice":
        raise ConfigError(f"data.split.name: {rule.name!r} is not here yet")
    part = _by_voice(clips, rule, np.random.default_rng(seed))
    table = pd.DataFrame({"clip": clips["clip"], "split": part}).sort_values("clip", ignore_index=True)
    return Split(table=table, certificate=certify(clips, table, rule, seed))


def certify(clips: pd.DataFrame, table: pd.DataFrame, rule: SplitConfig, seed: int) -> dict[str, Any]:
    """Counts what each pair of parts shares. `leaks` is true where that is a voice or a track."""
    rows = clips.merge(table, on="clip")
    parts = {name: rows[rows["split"] == name] for name in PARTS}
    contents = {name: _contents(part) for name, part in parts.items()}
    pairs = {
        f"{first}-{second}": {
            f"num_shared_{what}": len(contents[first][what] & contents[second][what])
            for what in ("clips", "voices", "tracks", "identities")
        }
        for first, second in combinations(PARTS, 2)
    }
    return {
        "name": rule.name,
        "seed": seed,
        "rule": asdict(rule),
        "data_hash": data_hash(clips),
        "parts": {
            name: {f"num_{what}": len(items) for what, items in one.items()} for name, one in contents.items()
        },
        "pairs": pairs,
        "num_dropped": len(clips) - len(rows),
        "leaks": any(pair["num_shared_voices"] or pair["num_shared_tracks"] for pair in pairs.values()),
    }


def _by_voice(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Whole people, stratified by race x gender: each cell's people are dealt out by the shares."""
    people = clips.groupby("voice").agg(race=("race", "first"), gender=("gender", "first"))
    part_of: dict[str, str] = {}
    debt = {"validation": 0.0, "test": 0.0}
    for _, cell in people.sort_index().groupby(["race", "gender"]):
        names = list(rng.permutation(cell.index.to_numpy()))
        for part, share in (("test", rule.test), ("validation", rule.validation)):
            debt[part] += share * len(cell)
            take = min(round(debt[part]), len(names))
            debt[part] -= take
            part_of |= {names.pop(): part for _ in range(take)}
        part_of |= dict.fromkeys(names, "train")
    return [part_of[voice] for voice in clips["voice"]]


def _contents(part: pd.DataFrame) -> dict[str, set[str]]:
    return {
        "clips": set(part["clip"]),
        "voices": set(part["voice"]),
        "tracks": set(part["track"]) - {""},
        "identities": {name for names in part["identities"] for name in names.split(";")},
    }
