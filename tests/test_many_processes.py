"""Two processes on one CPU train to the scores of one at the same batch, and one of them writes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avdf.data.demo import make_demo

TOP = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize("network", ["mfcc_linear", "cnn_with_group_norm"])
def test_two_processes_give_the_scores_of_one_to_1e_4(tmp_path: Path, network: str):
    demo = make_demo(tmp_path / "demo", num_identities=20, num_recordings=2, num_edits=1)
    config, overrides = {
        "mfcc_linear": ("audio_mfcc_linear.yaml", []),
        "cnn_with_group_norm": (
            "audio_cnn.yaml",
            # each process drops units of its own clips alone, so that a comparison drops none
            [
                "model.encoders.audio.norm=group",
                "model.encoders.audio.dropout=0.0",
                "model.fusion.dropout=0.0",
            ],
        ),
    }[network]
    shared = [str(TOP / "configs" / config), f"data.root={demo}", f"data.cache={tmp_path / 'cache'}"]
    shared += ["train.epochs=3", *overrides]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node"]
    scores = {}
    for number in ("1", "2"):
        run = tmp_path / f"run-{number}"
        done = subprocess.run(
            [*torchrun, number, str(TOP / "tools" / "train.py"), *shared, f"run.dir={run}"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        # Processes that don't know of each other would each train on everything, to the same scores.
        assert json.loads((run / "environment.json").read_text("utf-8"))["num_processes"] == int(number)
        scores[number] = pd.read_csv(run / "scores.csv")
    assert scores["1"]["clip"].tolist() == scores["2"]["clip"].tolist()
    assert scores["1"]["clip"].is_unique
    assert scores["1"]["score"].std() > 0.001
    np.testing.assert_allclose(scores["2"]["score"], scores["1"]["score"], atol=1e-4)
