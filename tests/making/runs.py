"""Short runs: their settings and files."""

import json
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
CONFIG = TOP / "configs" / "audio_mfcc_linear.yaml"


def read_json(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)


def short_settings(root: Path, folder: Path) -> list[str]:
    """Overrides for a training of one epoch on the half seconds of `make_tiny`."""
    return [
        f"data.root={root}",
        f"data.cache={folder / 'cache'}",
        "data.seconds=0.5",
        "data.decode_workers=1",
        "train.epochs=1",
        "evaluation.num_crops=1",
        "evaluation.stress=none",
        "run.trackers=[]",
    ]
