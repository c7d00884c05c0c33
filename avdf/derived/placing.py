"""Puts copies where their parents are: into the split of the parent, with its person, groups and so on."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from avdf.config.schema import SPLITS
from avdf.data.clips import group_columns
from avdf.files import text_hash

PREFIX = "fakes"  # what the names of copies begin with


def placed(copies: pd.DataFrame, clips: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    """Copies with the column `parent` -> those whose parent is in a split, with that `split`.

    `clips` are the clips of the corpus, `split` is clip, split. People, groups and corpus are those of the
    parent. Each copy counts as a recording of its own.
    """
    inherited = [*group_columns(clips), "source", "voice", "identities"]
    inherited += [name for name in ("corpus", "language") if name in clips]
    parents = clips.merge(split, on="clip", validate="one_to_one").set_index("clip")
    copies = copies[copies["parent"].isin(parents.index)].reset_index(drop=True)
    of_parent = parents.loc[copies["parent"]].reset_index(drop=True)
    return copies.assign(
        **{name: of_parent[name] for name in inherited},
        track=of_parent["track"].astype(str) + "/" + copies["clip"],
        split=of_parent["split"],
    )


def certified(
    copies: pd.DataFrame,
    used: pd.DataFrame,
    clips: pd.DataFrame,
    split: pd.DataFrame,
    heard: Mapping[str, frozenset[str]],
) -> dict[str, Any]:
    """What certificate.json says of the copies (`used` of `copies`), checked against the split itself.

    A faker that was trained on a voice of validation or test makes the split leak.
    """
    split_of = dict(zip(split["clip"], split["split"], strict=True))
    rows = clips.merge(split, on="clip", validate="one_to_one")
    held_out = rows[rows["split"] != SPLITS[0]]
    voices = {
        name: {_bare(voice) for voice in of_split["voice"]} for name, of_split in held_out.groupby("split")
    }
    names = copies[["clip", "parent", "audio_attack"]].sort_values("clip")
    return {
        "hash": text_hash(names.to_csv(index=False, lineterminator="\n")),
        "num_copies": {name: int((used["split"] == name).sum()) for name in SPLITS},
        "num_parents": int(used["parent"].nunique()),
        "num_outside_the_split_of_their_parent": int(
            sum(
                split_of.get(parent) != name
                for parent, name in zip(used["parent"], used["split"], strict=True)
            )
        ),
        "num_without_a_parent_in_the_data": int((~copies["parent"].isin(clips["clip"])).sum()),
        "num_by_faker": _num_by_faker(used),
        "num_by_faker_in": {name: _num_by_faker(used[used["split"] == name]) for name in SPLITS},
        "heard": {
            faker: {"num_voices": len(known)}
            | {
                f"num_in_{name}": len({_bare(voice) for voice in known} & voices.get(name, set()))
                for name in SPLITS[1:]
            }
            for faker, known in heard.items()
        },
    }


def _num_by_faker(copies: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(count) for name, count in copies["audio_attack"].value_counts().items()}


def _bare(voice: str) -> str:
    """The name of a person without that of the corpus, by which one of several corpora is told."""
    return voice.rpartition("/")[2]
