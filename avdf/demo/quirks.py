"""Irregularities of FakeAVCeleb's file names and list, reproduced in the made-up data set."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from avdf.corpora.fakeavceleb.labels import TYPES
from avdf.demo.plan import Clip, DemoSettings, clips_of, people_of

LIST_HEADER = "source,target1,target2,method,category,type,race,gender,path,"  # ends in a nameless column
_NUM_LISTED_TWICE = 3


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The clips to make, those that the list names without a file, and the paths of each irregularity."""

    clips: tuple[Clip, ...]
    missing: tuple[Clip, ...]  # listed, but no file is made
    quirks: dict[str, list[str]]


def plan(settings: DemoSettings) -> Plan:
    """Every clip of the data set, with its irregularities."""
    rng = np.random.default_rng([settings.seed, 0])
    people = people_of(settings, rng)
    clips = _with_odd_names(list(clips_of(settings, people, rng)))
    swapped = [clip.path for clip in clips if clip.method == "faceswap-wav2lip"]
    twice = swapped[:_NUM_LISTED_TWICE]
    forgotten = [clip.path for clip in clips if clip.type == "D" and clip.path not in twice][-1]
    listed = [
        replace(
            clip,
            methods=() if clip.path == forgotten else (clip.method, "wav2lip")[: 1 + (clip.path in twice)],
        )
        for clip in clips
    ]
    lost = next(clip for clip in listed if clip.type == "C" and clip.method == "wav2lip")
    missing = replace(lost, name=f"00998_{lost.target1}_wavtolip.mp4")
    return Plan(
        clips=tuple(listed),
        missing=(missing,),
        quirks={
            "duplicate_rows": sorted(twice),
            "file_without_row": [forgotten],
            "row_without_file": [missing.path],
        },
    )


def rows_of(clip: Clip) -> Iterator[str]:
    """A clip's rows in the list; the column `path` holds the name, the nameless column the folder."""
    person = clip.person
    for method in clip.methods:
        yield (
            f"{person.identity},{clip.target1},{clip.target2},{method},{clip.type},{TYPES[clip.type]},"
            f"{person.race},{person.gender},{clip.name},FakeAVCeleb/{clip.folder}"
        )


def _with_odd_names(clips: list[Clip]) -> list[Clip]:
    """Odd names of the release: one for each of the first four people, and one for a swapped face."""
    odd_names = {
        (0, "A"): "1.mp4",
        (1, "A"): "002121.mp4",
        (2, "B"): "00999_fake.mp4",  # its A clip has another number
        (3, "B"): "00021.mp4",  # without _fake
    }
    swaps = [clip.path for clip in clips if clip.method in ("fsgan", "faceswap")]
    out = []
    for clip in clips:
        person = clip.person.number
        if person == 1 and clip.type == "D":
            continue  # one identity has no D clip
        if clip.recording == 0 and (person, clip.type) in odd_names:
            clip = replace(clip, name=odd_names[person, clip.type])
        elif clip.path in swaps[:1]:
            clip = replace(clip, name="00005.mp4")  # the form of a real clip's name
        out.append(clip)
    return out
