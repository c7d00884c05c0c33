"""Inputs of sweeps in tests: tiny data, a small network, a small space."""

from pathlib import Path

from making.tiny import make_tiny

from avdf.sweep.search import Plan
from avdf.sweep.space import Space, read_space

TOP = Path(__file__).parents[2]
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
    """A plan with one ablation seed."""
    return Plan(**{"num_trials": num_trials, "out": out, "study": "small", "ablation_seeds": [1], **more})


TEXT = """
parameters:
  train.learning_rate: {low: 0.001, high: 0.1, log: true}
  train.batch_size: {choices: [8, 16]}
  model.encoders.audio.channels: {choices: [[8, 8], [16, 32]]}
augment:
  spec_mask:
    num_time_masks: {low: 0, high: 3}
    max_share: {low: 0.1, high: 0.2}
    probability: 0.5
  gain:
"""


def space_of(tmp_path: Path, text: str = TEXT) -> Space:
    """A space read from a file with this text."""
    path = tmp_path / "space.yaml"
    path.write_text(text)
    return read_space(path)
