"""The example of an encoder in a package of its own: installed, listed, checked, trained, scored."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from avdf.demo.making import make_demo
from avdf.demo.plan import DemoSettings

TOP = Path(__file__).parents[2]
EXAMPLE = TOP / "examples" / "avdf_lip_motion"


@pytest.mark.slow
def test_an_encoder_of_an_installed_package_is_listed_with_its_origin_checked_and_trained(tmp_path: Path):
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    copy, site = tmp_path / "copy", tmp_path / "site"
    shutil.copytree(EXAMPLE, copy)
    assert sorted(path.name for path in copy.iterdir()) == [
        "av_lip_motion.yaml",
        "avdf_lip_motion.py",
        "pyproject.toml",
    ]
    install = [uv, "pip", "install", "--quiet", "--no-deps", "--target", site, copy]
    subprocess.run(install, check=True)
    # The packages of this environment, and as the only addition those of the new folder.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(TOP)])}

    def python(*words: str) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (line,) = [line for line in python("-m", "avdf", "encoders").splitlines() if "lip_motion" in line]
    assert line.split() == ["encoder", "video_lip_motion", "video", "ready", "avdf_lip_motion"]
    python("-c", "from avdf.testing import check_encoder; check_encoder('video_lip_motion')")
    make_demo(tmp_path / "demo", DemoSettings(num_identities=20))
    short = ["train.epochs=2", "evaluation.stress=none", "run.trackers=[]", "run.dir=run"]
    python("-m", "avdf", "train", str(copy / "av_lip_motion.yaml"), "data.root=demo", *short)
    scores = pd.read_csv(tmp_path / "run" / "scores.csv")
    assert scores[["score", "score_audio", "score_video", "score_video_alone"]].notna().all(axis=None)
    assert scores["score_video"].nunique() > 5
