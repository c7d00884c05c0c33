"""The copies of real clips that an experiment trains with (`data.fakes`)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.config.schema import SPLITS, DataConfig
from avdf.config.sources import NEURAL_CODEC
from avdf.data.audio.joined import join_stores
from avdf.data.audio.store import Store
from avdf.data.clips import data_hash
from avdf.data.preparation import Prepared, prepare
from avdf.data.splits.rules import Split
from avdf.derived.placing import PREFIX, certified, placed
from avdf.derived.table import Derived, read_fakes
from avdf.errors import ConfigError, nearest
from avdf.paths import expand_path


@dataclass(frozen=True, kw_only=True)
class Fakes:
    """`clips`: the copies that are used, with their `split`. `store`: the sound of them and of the corpus.

    `parents`: clip and parent of all copies whose parent is in the data, used or not.
    """

    clips: pd.DataFrame
    parents: pd.DataFrame
    store: Store
    certificate: dict[str, Any]
    warnings: tuple[str, ...]


def load_fakes(config: DataConfig, prepared: Prepared, split: Split) -> Fakes | None:
    """Reads and decodes the copies, and puts each into the split of its parent; None if there are none.

    Raises ConfigError with the key, TableError for a table that was changed.
    """
    if not config.fakes.is_used:
        return None
    tables, stores, warnings = [], {"": prepared.store}, []
    heard: dict[str, frozenset[str]] = {}
    for alias, root in _roots(config, prepared.clips).items():
        derived = read_fakes(Path(root))
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
    copies = _selected(listed, config)
    used_in = [SPLITS[0], *(name for name in SPLITS[1:] if getattr(config.fakes, f"in_{name}"))]
    used = placed(copies, prepared.clips, split.table, used_in)
    if used.empty:
        raise ConfigError(
            "data.fakes: no copy has its parent in a split that uses copies; were they made of this data?"
        )
    certificate = certified(copies, used, prepared.clips, split.table, heard)
    if config.fakes.corpus_fakes_in is not None:
        certificate["corpus_fakes_in"] = list(config.fakes.corpus_fakes_in)
    return Fakes(
        clips=used,
        parents=listed.loc[listed["parent"].isin(prepared.clips["clip"]), ["clip", "parent"]],
        store=join_stores(stores, Path(config.cache)),
        certificate=certificate,
        warnings=tuple(warnings),
    )


def with_fakes(split: Split, fakes: Fakes | None) -> Split:
    """The split with a certificate that tells of the copies, too: fakers may make it leak."""
    if fakes is None:
        return split
    counts = fakes.certificate["heard"].values()
    heard = sum(count for of_faker in counts for key, count in of_faker.items() if key.startswith("num_in_"))
    outside = fakes.certificate["num_outside_the_split_of_their_parent"]
    leaks = split.certificate["leaks"] or heard > 0 or outside > 0
    return Split(
        table=split.table,
        certificate={**split.certificate, "fakes": {**fakes.certificate, "num_heard": heard}, "leaks": leaks},
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
