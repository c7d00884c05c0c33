"""Clip table -> train, validation and test, by the rules of `data.split.name` (docs/splits.md)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from avdf.config.schema import SPLITS, SplitConfig
from avdf.data.clips import CORPUS, Target, is_fake
from avdf.data.components import components
from avdf.data.splits.assignment import stratified_order
from avdf.data.splits.attacks import counts_of_left_out, left_out
from avdf.data.splits.certificate import certify
from avdf.data.splits.file import read_split
from avdf.data.splits.shares import group_cells, held_out_shares, shares_of, splits_by_rule, splits_by_shares
from avdf.errors import ConfigError, nearest

_DROPPED = ""


@dataclass(frozen=True, kw_only=True)
class Split:
    """`table`: clip, split (dropped clips have no row). `certificate`: what each pair of splits shares."""

    table: pd.DataFrame
    certificate: dict[str, Any]


def split_clips(
    clips: pd.DataFrame,
    rule: SplitConfig,
    seed: int,
    *,
    target: Target = "audio",
    fakers: Collection[str] = (),
) -> Split:
    """Divides the clips by a rule of SplitConfig; the result depends on the seed, not on the row order.

    `target` is the label that `num_train_per_class` counts, and whose attacks may be left out. `fakers` are
    attacks of copies of these clips, which may be left out as well; whoever places the copies then checks
    that each split has fakes. Raises ConfigError if the rule cannot be followed on these clips, TableError
    if the file of a `file` split is wrong.
    """
    ordered = clips.sort_values("clip", ignore_index=True)
    labelled = ordered.assign(is_fake=is_fake(ordered, target))
    split = _RULES[rule.name](labelled, rule, np.random.default_rng(seed))
    if rule.attacks:
        split = left_out(ordered, split, rule.attacks, target, fakers)
    table = pd.DataFrame({"clip": ordered["clip"], "split": split})
    table = table[table["split"] != _DROPPED].reset_index(drop=True)
    certificate = certify(ordered, table, rule, seed)
    if rule.attacks:
        by_clip = table.set_index("clip")["split"]
        certificate |= counts_of_left_out(ordered, by_clip, rule.attacks, target, fakers)
    return Split(table=table, certificate=certificate)


def _voice(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Whole people with all of their recordings; people who share a recording stay together."""
    units = _voice_units(clips)
    num_people = clips["voice"].groupby(units).nunique().tolist()
    split_of = splits_by_rule(clips, units, rule, rng, num_people=num_people)
    return [split_of[unit] for unit in units]


def _source(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Whole `source` values, as published splits do; a clip may carry the voice of another person."""
    units = components([(source,) for source in clips["source"]])
    split_of = splits_by_rule(clips, units, rule, rng)
    return [split_of[unit] for unit in units]


def _strict(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Splits people; keeps a clip if all of its people are in one split, and its track as well."""
    people = [
        [*names.split(";"), voice] for names, voice in zip(clips["identities"], clips["voice"], strict=True)
    ]
    # A person counts for the clips of which they are the source, or for one that mentions them.
    mention = {name: row for row in reversed(range(len(clips))) for name in people[row]}
    others = sorted(set(mention) - set(clips["source"]))
    unit_of = {name: unit for unit, name in enumerate([*sorted(set(clips["source"])), *others])}
    counted = clips.iloc[[*range(len(clips)), *(mention[name] for name in others)]].reset_index(drop=True)
    units = [unit_of[name] for name in [*clips["source"], *others]]
    split_of = splits_by_rule(counted, units, rule, rng)
    splits_of_clip = [{split_of[unit_of[name]] for name in names} for names in people]
    split = pd.Series([names.pop() if len(names) == 1 else _DROPPED for names in splits_of_clip])
    return list(split.where(split == _split_of_track(clips["track"], split), _DROPPED))


def _clip(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Clip by clip, stratified by group and type; the splits share voices and recordings."""
    order = stratified_order(group_cells(clips, "type"), rng)
    split = np.full(len(clips), _DROPPED, dtype=object)
    shares = shares_of(rule)
    if (wanted := rule.num_train_per_class) is not None:
        fake = clips["is_fake"].to_numpy()[order]
        for label, name in ((False, "real"), (True, "fake")):
            if (fake == label).sum() < wanted:
                raise ConfigError(
                    f"data.split.num_train_per_class: {wanted} to train, but there are only "
                    f"{(fake == label).sum()} {name} clips"
                )
            split[order[fake == label][:wanted]] = "train"
        order = order[split[order] == _DROPPED]
        shares = held_out_shares(rule)
    stops = np.rint(np.cumsum(shares) * len(order)).astype(int)
    for name, rows in zip(SPLITS, np.split(order, stops[:-1]), strict=True):
        split[rows] = name
    return list(split)


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
        raise ConfigError(f"data.split.group: {count} all of {rule.group}; there is nothing to split")
    split = np.full(len(clips), "train", dtype=object)
    group = clips[held_out].reset_index(drop=True)
    units = _voice_units(group)
    split_of = splits_by_shares(group, units, held_out_shares(rule), rng)
    split[held_out] = [split_of[unit] for unit in units]
    return list(split)


def _leave_method_out(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """Every clip of the methods is test; the others are split by voice, so test has other clips too."""
    for method in rule.methods:
        _check_known(method, clips["method"], "data.split.methods", "method")
    held_out = clips["method"].isin(rule.methods).to_numpy()
    if held_out.all():
        raise ConfigError("data.split.methods: nothing is left to train on; name fewer methods")
    split = np.full(len(clips), "test", dtype=object)
    split[~held_out] = _voice(clips[~held_out].reset_index(drop=True), rule, rng)
    return list(split)


def _leave_corpus_out(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """The corpora are test; the people of the others are train and validation.

    A clip of another corpus that shares a voice or a recording with them is dropped.
    """
    if CORPUS not in clips:
        raise ConfigError("data.split.corpora: there is one corpus; name several in data.sources")
    for corpus in rule.corpora:
        _check_known(corpus, clips[CORPUS], "data.split.corpora", CORPUS)
    held_out = clips[CORPUS].isin(rule.corpora).to_numpy()
    if held_out.all():
        raise ConfigError("data.split.corpora: nothing is left to train on; name fewer corpora")
    units = np.array(_voice_units(clips))
    shared = np.isin(units, units[held_out])
    split = np.where(held_out, "test", _DROPPED).astype(object)
    split[~shared] = _train_and_validation(clips[~shared], rule, rng)
    return list(split)


def _official(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """The split of the corpus's own protocol; if that has no validation part, people of train are it."""
    split = clips["official_split"].to_numpy(object) if "official_split" in clips else np.array([])
    if not np.isin(split, SPLITS).any():
        raise ConfigError("data.split.name: the corpus has no official split; use voice, or another rule")
    if "validation" not in split and rule.validation > 0:
        is_train = split == "train"
        split[is_train] = _train_and_validation(clips[is_train], rule, rng)
    return list(split)


def _train_and_validation(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    """(clip,) train or validation, by whole people with all of their recordings."""
    ordered = clips.reset_index(drop=True)
    units = _voice_units(ordered)
    split_of = splits_by_shares(ordered, units, (1 - rule.validation, rule.validation, 0), rng)
    return [split_of[unit] for unit in units]


def _file(clips: pd.DataFrame, rule: SplitConfig, rng: np.random.Generator) -> list[str]:
    table = read_split(Path(rule.path or ""), clips)
    return list(clips["clip"].map(dict(zip(table["clip"], table["split"], strict=True))).fillna(_DROPPED))


def _voice_units(clips: pd.DataFrame) -> list[int]:
    """(clip,) unit numbers: clips of one voice or of one track have the same."""
    links = [
        (("voice", voice), ("track", track)) if track else (("voice", voice),)
        for voice, track in zip(clips["voice"].tolist(), clips["track"].tolist(), strict=True)
    ]
    return components(links)


def _split_of_track(tracks: pd.Series, split: pd.Series) -> pd.Series:
    """(clip,) the split that most kept clips of its track are in; its own if the track is unknown."""
    counted = (split != _DROPPED) & (tracks != "")
    if not counted.any():
        return split
    counts = pd.crosstab(tracks[counted], split[counted])
    return tracks.map(counts.idxmax(axis=1)).fillna(split)


def _check_known(value: str, column: pd.Series, key: str, name: str) -> None:
    known = sorted({str(item) for item in column})
    if value not in known:
        raise ConfigError(f"{key}: no clip has {name} {value!r}{nearest(value, known)}")


_RULES: dict[str, Callable[[pd.DataFrame, SplitConfig, np.random.Generator], list[str]]] = {
    "voice": _voice,
    "strict": _strict,
    "face": _source,  # whose face it is; the certificate says of this rule what a detector that looks shares
    "source": _source,
    "clip": _clip,
    "leave_group_out": _leave_group_out,
    "leave_method_out": _leave_method_out,
    "leave_corpus_out": _leave_corpus_out,
    "leave_attack_out": _voice,  # the attacks are left out afterwards: the same people test as without
    "official": _official,
    "file": _file,
}
