"""Several stores as one, so that recordings are compared across corpora; their shards stay where they are."""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from avdf.data.audio.shards import Shard
from avdf.data.audio.store import Store
from avdf.errors import UserError
from avdf.files import text_hash


def join_stores(stores: Mapping[str, Store], cache: Path) -> Store:
    """The stores by name -> one store, whose clips are called NAME/CLIP, or CLIP for "". Raises UserError.

    What is measured of them together is kept in a folder of its own in `cache`.
    """
    key = text_hash(json.dumps([[name, store.folder.name] for name, store in stores.items()]))[:16]
    folder = cache / f"union-{key}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder}: can't be written ({error.strerror}); choose another data.cache"
        ) from error
    tables, skipped = [], []
    shards: dict[int, Shard] = {}
    digests: dict[int, str] = {}
    for name, store in stores.items():
        prefix = f"{name}/" if name else ""
        number_of = {int(number): len(shards) + at for at, number in enumerate(store.table["shard"].unique())}
        tables.append(
            store.table.assign(clip=prefix + store.table["clip"], shard=store.table["shard"].map(number_of))
        )
        skipped.append(store.skipped.assign(clip=prefix + store.skipped["clip"]))
        shards |= {new: store.shard(old) for old, new in number_of.items()}
        digests |= {new: store.digests[old] for old, new in number_of.items() if old in store.digests}
    return Store(
        folder=folder,
        sample_rate_hz=next(iter(stores.values())).sample_rate_hz,
        table=pd.concat(tables, ignore_index=True),
        skipped=pd.concat(skipped, ignore_index=True),
        digests=digests,
        shards=shards,
    )
