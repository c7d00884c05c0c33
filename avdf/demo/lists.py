"""The files beside the made-up clips: the list, the marker, the ground truth, and a README."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.demo.clips import Truth
from avdf.demo.marker import MARKER_NAME
from avdf.demo.quirks import LIST_HEADER, Plan, rows_of
from avdf.files import write_csv, write_json, write_text

_NUM_TEXT_FILES = 5

_README = """\
# MADE UP: a synthetic data set in the layout of FakeAVCeleb v1.2

**Everything here was made by code.** No person, no voice and no picture of anybody is in it, and no file
of FakeAVCeleb. The voices are pulses and noise through filters, the "cloned" voices are those same sounds
put through a mel spectrogram and back, the faces are drawn ovals.

**No metric measured on it says anything about FakeAVCeleb, about any other data set, or about any group
of people.** `race` and `gender` are labels assigned in turn. No sound or picture depends on race; pitch and
formants depend on gender, and nothing else does.

It serves to try out every command in a minute, and for tests.

- `FakeAVCeleb_v1.2/`: the clips and `meta_data.csv`; `DEMO.json` marks the folder as made up.
- `tracks.csv`: for each clip its recording, whose voice it carries, how much of the recording's start is
  cut, its gain, how strongly the voice was rebuilt (0: not at all), and the method. For checking, not
  for training.
- `quirks.json`: deliberate irregularities, as in FakeAVCeleb: clips listed twice, a row without a file, a
  file without a row.

Made with: {settings}
"""


def write_lists(out: Path, root: Path, todo: Plan, truths: list[Truth], facts: Mapping[str, Any]) -> None:
    """Writes every file other than the clips."""
    rows = [row for clip in (*todo.clips, *todo.missing) for row in rows_of(clip)]
    write_text(root / "meta_data.csv", "\n".join([LIST_HEADER, *rows]) + "\n")
    real = [clip for clip in todo.clips if clip.type == "A"]
    for clip in real[:: max(1, len(real) // _NUM_TEXT_FILES)]:  # as in circulating copies
        write_text((root / clip.path).with_suffix(".txt"), f"Identity  : \t{clip.person.identity}\n")
    write_csv(out / "tracks.csv", pd.DataFrame([asdict(truth) for truth in truths]))
    write_json(out / "quirks.json", todo.quirks)
    settings = ", ".join(f"{name} {value}" for name, value in sorted(facts.items()) if value is not None)
    write_text(out / "README.md", _README.format(settings=settings))
    write_json(root / MARKER_NAME, facts)
