"""The copies of real clips that an experiment asks for (`data.fakes`): read, decoded and labelled."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from avdf.config.schema import DataConfig
from avdf.config.sources import NEURAL_CODEC
from avdf.data.audio.joined import join_stores
from avdf.data.audio.store import Store
from avdf.data.clips import data_hash
from avdf.data.preparation import Prepared, prepare
from avdf.data.splits.attacks import attacks_of
from avdf.derived.placing import PREFIX
from avdf.derived.table import Derived, read_fakes
from avdf.errors import ConfigError, nearest
from avdf.paths import expand_path


@dataclass(frozen=True, kw_only=True)
class Copies:
    """The copies that a config asks for, before its clips are split.

    `clips`: each with its label and `parent`; `attacks`: the fakers of those that are fake. `parents`: clip
    and parent of these copies and of those by fakers that are not asked for. `store`: the sound of all
    copies and of the corpus. `heard`: the voices that trained fakers were trained on, by faker.
    """

    clips: pd.DataFrame
    attacks: tuple[str, ...]
    parents: pd.DataFrame
    store: Store
    heard: Mapping[str, frozenset[str]]
    warnings: tuple[str, ...]


def read_copies(config: DataConfig, prepared: Prepared) -> Copies | None:
    """Reads and decodes the copies; None if the config has none.

    Raises ConfigError with the key, TableError for a table that was changed.
    """
    if not config.fakes.is_used:
        return None
    tables, stores, warnings = [], {"": prepared.store}, []
    heard: dict[str, frozenset[str]] = {}
    for alias, root in _roots(config, prepared.clips).items():
        derived = read_fakes(Path(root), f"data.fakes.roots.{alias}" if alias else "data.fakes.root")
        _check(derived, root, config)
        if not alias and derived.facts.get("data_hash") != data_hash(prepared.clips):
            warnings.append(f"OTHER DATA: the fakes in {root} were made of other files than these.")
        decoded = _decoded(derived, config)
        name = f"{PREFIX}/{alias}" if alias else PREFIX
        stores[name] = decoded.store
        parents = f"{alias}/" + decoded.clips["parent"] if alias else decoded.clips["parent"]
        tables.append(decoded.clips.assign(clip=f"{name}/" + decoded.clips["clip"], parent=parents))
        heard |= {faker: heard.get(faker, frozenset()) | voices for faker, voices in derived.heard.items()}
        warnings += decoded.warnings
    listed = pd.concat(tables, ignore_index=True)
    clips = _selected(listed, config)
    return Copies(
        clips=clips,
        attacks=tuple(attacks_of(clips, config.target)),
        parents=listed.loc[listed["parent"].isin(prepared.clips["clip"]), ["clip", "parent"]],
        store=join_stores(stores, Path(config.cache)),
        heard=heard,
        warnings=tuple(warnings),
    )


def _roots(config: DataConfig, clips: pd.DataFrame) -> Mapping[str, str]:
    """The folders of copies, by the alias of the source; "" for the only corpus."""
    if config.fakes.root is not None:
        return {"": config.fakes.root}
    known = sorted(clips["corpus"].unique())
    for alias in config.fakes.roots:
        if alias not in known:
            raise ConfigError(f"data.fakes.roots.{alias}: no such source{nearest(alias, known)}")
    return {alias: expand_path(root) for alias, root in config.fakes.roots.items()}


def _check(derived: Derived, root: str, config: DataConfig) -> None:
    if (rate_hz := derived.facts.get("sample_rate_hz")) != config.sample_rate_hz:
        raise ConfigError(
            f"data.fakes: {root} was made at {rate_hz} Hz, data.sample_rate_hz is {config.sample_rate_hz}; "
            "the rate would tell fakes from real: make them again with --sample-rate-hz"
        )


def _decoded(derived: Derived, config: DataConfig) -> Prepared:
    return prepare(
        derived.index,
        Path(config.cache),
        sample_rate_hz=config.sample_rate_hz,
        workers=config.decode_workers or os.cpu_count() or 1,
    )


def _selected(copies: pd.DataFrame, config: DataConfig) -> pd.DataFrame:
    """The copies of the fakers that are asked for, labelled by the policy on neural codecs."""
    known = sorted(copies["audio_attack"].unique())
    for faker in config.fakes.fakers:
        if faker not in known:
            raise ConfigError(f"data.fakes.fakers: no copy by {faker!r}{nearest(faker, known)}")
    if config.fakes.fakers:
        copies = copies[copies["audio_attack"].isin(config.fakes.fakers)].reset_index(drop=True)
    coded = copies["kind"] == "codec"
    copies = copies.assign(**{NEURAL_CODEC: coded.astype(int)})
    if config.neural_codec_is == "fake":
        return copies
    return copies.assign(
        audio_fake=copies["audio_fake"].mask(coded, 0),
        audio_attack=copies["audio_attack"].mask(coded, ""),
        type=copies["type"].mask(coded, "real, neural codec"),
    )
