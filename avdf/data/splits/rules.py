"""Clip table -> train, validation and test, by the rules of `data.split.name`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from avdf.config.schema import SplitConfig
from avdf.data.clips import Target, is_fake
from avdf.data.splits.assignment import components, stratified_order
from avdf.data.splits.certificate import PARTS, certify, check_certificate, verdict
from avdf.data.splits.file import read_split
from avdf.data.splits.shares import held_out_shares, parts_by_rule, parts_by_shares, shares_of
from avdf.errors import ConfigError, nearest

__all__ = ["PARTS", "Split", "certify", "check_certificate", "split_clips", "verdict"]

_DROPPED = ""


@dataclass(frozen=True, kw_only=True)
class Split:
    """`table`: clip, split (a clip that is in no part is missing). `certificate`: what parts share."""

    table: pd.DataFrame
    certificate: dict[str, Any]


def split_clips(clips: pd.DataFrame, rule: SplitConfig, seed: int, *, target: Target = "audio") -> Split:
    """Parts the clips by a rule of SplitConfig; the same seed gives the same parts, whatever the order.

    `target` says what is fake where `num_train_per_class` counts it. Raises ConfigError where a rule
    can't be followed on these clips, TableError where the file of a `file` split is wrong.
    """
    ordered = clips.sort_values("clip", ignore_index=True)
    labelled = ordered.assign(is_fake=is_fake(ordered, target))
    part = _RULES[rule.name](labelled, rule, np.random.default_rng(seed))
    table = pd.DataFrame({"clip": ordered["clip"], "split": part})
    table = table[table["split"] != _DROPPED].reset_index(drop=True)
    return Split(table=table, certificate=certify(ordered, table, rule, seed))


def _voice(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Whole people with all of their recordings; people that one recording joins go together."""
    units = _voice_units(clips)
    num_people = clips["voice"].groupby(units).nunique().tolist()
    parts = parts_by_rule(clips, units, rule, rng, num_people=num_people)
    return [parts[unit] for unit in units]


def _source(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Whole `source` values, as published splits do: a clip may carry the voice of another person."""
    units = components([(source,) for source in clips["source"]])
    parts = parts_by_rule(clips, units, rule, rng)
    return [parts[unit] for unit in units]


def _strict(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """People are parted; a clip is kept where all of its people are in one part, and its track too."""
    people = [
        [*names.split(";"), voice] for names, voice in zip(clips["identities"], clips["voice"], strict=True)
    ]
    # A person counts for the clips of which they are the source, or for one that mentions them.
    mention = {name: row for row in reversed(range(len(clips))) for name in people[row]}
    others = sorted(set(mention) - set(clips["source"]))
    unit_of = {name: unit for unit, name in enumerate([*sorted(set(clips["source"])), *others])}
    counted = clips.iloc[[*range(len(clips)), *(mention[name] for name in others)]].reset_index(drop=True)
    dealt = parts_by_rule(counted, [unit_of[name] for name in [*clips["source"], *others]], rule, rng)
    found = [{dealt[unit_of[name]] for name in names} for names in people]
    part = pd.Series([parts.pop() if len(parts) == 1 else _DROPPED for parts in found])
    return list(part.where(part == _home_of_track(clips["track"], part), _DROPPED))


def _clip(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Clip by clip, stratified over race x gender x type: the parts share voices and recordings."""
    order = stratified_order(list(zip(clips["race"], clips["gender"], clips["type"], strict=True)), rng)
    part = np.full(len(clips), _DROPPED, dtype=object)
    shares = shares_of(rule)
    if (wanted := rule.num_train_per_class) is not None:
        fake = clips["is_fake"].to_numpy()[order]
        for label, name in ((False, "real"), (True, "fake")):
            if (fake == label).sum() < wanted:
                raise ConfigError(
                    f"data.split.num_train_per_class: {wanted} to train, but there are only "
                    f"{(fake == label).sum()} {name} clips"
                )
            part[order[fake == label][:wanted]] = "train"
        order = order[part[order] == _DROPPED]
        shares = held_out_shares(rule)
    stops = np.rint(np.cumsum(shares) * len(order)).astype(int)
    for name, rows in zip(PARTS, np.split(order, stops[:-1]), strict=True):
        part[rows] = name
    return list(part)


def _leave_group_out(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """The group's people are validation and test, everybody else trains."""
    held_out = np.ones(len(clips), dtype=bool)
    for column, value in (rule.group or {}).items():
        if column not in clips.columns:
            raise ConfigError(f"data.split.group: no column {column!r}{nearest(column, list(clips.columns))}")
        _check_known(value, clips[column], "data.split.group", column)
        held_out &= (clips[column] == value).to_numpy()
    if not held_out.any() or held_out.all():
        count = "no clip has" if not held_out.any() else "every clip has"
        raise ConfigError(f"data.split.group: {count} all of {rule.group}; nothing is left to part")
    part = np.full(len(clips), "train", dtype=object)
    group = clips[held_out].reset_index(drop=True)
    units = _voice_units(group)
    parts = parts_by_shares(group, units, held_out_shares(rule), rng)
    part[held_out] = [parts[unit] for unit in units]
    return list(part)


def _leave_method_out(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Every clip of the methods is test; the rest is parted by voice, so the test has other clips too."""
    for method in rule.methods:
        _check_known(method, clips["method"], "data.split.methods", "method")
    held_out = clips["method"].isin(rule.methods).to_numpy()
    if held_out.all():
        raise ConfigError("data.split.methods: nothing is left to train on; name fewer methods")
    part = np.full(len(clips), "test", dtype=object)
    part[~held_out] = _voice(clips[~held_out].reset_index(drop=True), rule, rng)
    return list(part)


def _file(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    table = read_split(Path(rule.path or ""), clips)
    return list(clips["clip"].map(dict(zip(table["clip"], table["split"], strict=True))).fillna(_DROPPED))


def _voice_units(clips: pd.DataFrame) -> list[int]:
    """(clip,) numbers: clips of one voice or of one track have the same."""
    links = [
        (("voice", voice), ("track", track)) if track else (("voice", voice),)
        for voice, track in zip(clips["voice"], clips["track"], strict=True)
    ]
    return components(links)


def _home_of_track(tracks: pd.Series, part: pd.Series) -> pd.Series:
    """(clip,) the part that most of the kept clips of its track are in; its own where that is not known."""
    counted = (part != _DROPPED) & (tracks != "")
    if not counted.any():
        return part
    counts = pd.crosstab(tracks[counted], part[counted])
    return tracks.map(counts.idxmax(axis=1)).fillna(part)


def _check_known(value: str, column: pd.Series, key: str, name: str) -> None:
    known = sorted({str(item) for item in column})
    if value not in known:
        raise ConfigError(f"{key}: no clip has {name} {value!r}{nearest(value, known)}")


_RULES: dict[str, Callable[[pd.DataFrame, SplitConfig, np.random.Generator], list[str]]] = {
    "voice": _voice,
    "strict": _strict,
    "source": _source,
    "clip": _clip,
    "leave_group_out": _leave_group_out,
    "leave_method_out": _leave_method_out,
    "file": _file,
}
