"""What a sweep in the tests runs on: tiny data, a small network, a small space."""

from pathlib import Path

from tiny import make_tiny

from avdf.sweep.search import Plan

TOP = Path(__file__).parents[1]
CNN = TOP / "configs" / "audio_cnn.yaml"
SPACE = """
parameters:
  train.learning_rate: {low: 0.001, high: 0.1, log: true}
augment:
  spec_mask:
    max_share: {low: 0.05, high: 0.3}
"""


def small_settings(folder: Path) -> list[str]:
    """Overrides for tiny data, made in the folder, and two short epochs."""
    return [
        f"data.root={make_tiny(folder / 'data')}",
        f"data.cache={folder / 'cache'}",
        "data.seconds=0.5",
        "data.decode_workers=1",
        "model.encoders.audio.channels=[4, 8]",
        "train.epochs=2",
        "evaluation.num_crops=1",
    ]


def small_space(folder: Path) -> Path:
    """The small space as a file in the folder."""
    path = folder / "small.yaml"
    path.write_text(SPACE)
    return path


def plan(out: Path, num_trials: int, **more: object) -> Plan:
    """So many trials, ablation under one seed."""
    return Plan(**{"num_trials": num_trials, "out": out, "study": "small", "ablation_seeds": [1], **more})
