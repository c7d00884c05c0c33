"""A run of sound and picture on clips some of which lack one: trained, scored, stressed, used elsewhere."""

import json
import shutil
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest

from avdf.detection.loading import load_predictor
from avdf.detection.prediction import predict
from avdf.experiment.elsewhere import Elsewhere, evaluate_elsewhere
from avdf.experiment.evaluate import evaluate_run
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment
from avdf.experiment.stress import StressRequest, stress_on_request

CONFIG = Path(__file__).parents[2] / "configs" / "av_cnn.yaml"
SMALL = ["height=16", "width=16", "num_frames=4"]
pytestmark = pytest.mark.slow


def without(path: Path, kind: str) -> None:
    """Takes the streams of a kind, audio or video, out of a file."""
    part = path.with_name("part.mp4")
    with av.open(str(path)) as source, av.open(str(part), "w") as out:
        kept = [stream for stream in source.streams if stream.type != kind]
        streams = {stream.index: out.add_stream_from_template(stream) for stream in kept}
        for packet in source.demux(kept):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    part.replace(path)


@pytest.fixture(scope="module")
def root(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, three clips of each type without sound and two without a picture."""
    root = tmp_path_factory.mktemp("lacking") / "FakeAVCeleb_v1.2"
    shutil.copytree(demo, root)
    for folder in sorted(root.iterdir()):
        for number, path in enumerate(sorted(folder.rglob("*.mp4"))[:5] if folder.is_dir() else ()):
            without(path, "audio" if number < 3 else "video")
    return root


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    settings = [
        *(f"data.frames.{setting}" for setting in SMALL),
        f"data.root={root}",
        f"data.cache={folder / 'cache'}",
        f"run.dir={folder / 'run'}",
        "data.split.test=0.3",
        "train.epochs=1",
        "run.trackers=[]",
        "evaluation.stress=[a_law, picture_blur_2_px]",
        "model.augment={flip: {probability: 0.5}, jpeg: {}}",
    ]
    return run_experiment(load_experiment(CONFIG, settings), name="eyes")


def scores_of(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path / "scores.csv")
    return table[table["split"] == "test"].reset_index(drop=True)


def test_the_report_counts_what_is_missing_and_scores_of_it_are_blank(run: Path):
    clips = pd.read_csv(run / "clips.csv").set_index("clip")
    # Of the twelve without sound the B clips are left out, of the eight without a picture the C clips.
    assert ((clips["has_audio"] == 0).sum(), (clips["has_video"] == 0).sum()) == (9, 6)
    skipped = pd.read_csv(run / "skipped.csv")
    assert skipped["reason"].value_counts()[["no audio", "no video"]].tolist() == [3, 2]
    scores = scores_of(run)
    has = clips.loc[scores["clip"]]
    for name in ("audio", "video"):
        for column in (f"score_{name}", f"score_{name}_alone"):
            assert (scores[column].notna().to_numpy() == (has[f"has_{name}"] == 1).to_numpy()).all()
    warnings = json.loads((run / "audit" / "audit.json").read_text())["warnings"]
    num_silent = int((has["has_audio"] == 0).sum())
    assert num_silent > 0
    assert (has["has_video"] == 1).all()  # the dark ones are in train and validation
    [told] = [line for line in warnings if line.startswith(("NO SOUND", "NO PICTURE"))]
    assert told.startswith(f"NO SOUND: {num_silent} clips of the test split cannot be heard")
    features = {row["feature"] for row in json.loads((run / "audit" / "audit.json").read_text())["shortcuts"]}
    assert {"blockiness", "width_px", "container", "has_audio", "loudness_db"} <= features


def test_a_file_is_called_as_the_run_scored_it(run: Path, root: Path):
    scores = scores_of(run)
    files = [root / clip for clip in scores["clip"]]
    told = [result["score"] for result in predict(load_predictor(run / "detector"), files)]
    np.testing.assert_allclose(told, scores["score"], atol=0.01)  # short files are scored by one crop


def test_the_saved_detector_gives_the_same_scores(run: Path, tmp_path: Path):
    evaluate_run(run, "test", tmp_path / "again")
    again = scores_of(tmp_path / "again")
    columns = ["score", "score_audio", "score_video", "score_audio_alone", "score_video_alone"]
    pd.testing.assert_frame_equal(again[columns], scores_of(run)[columns], atol=1e-6)


def test_another_corpus_is_scored_and_stressed_with_its_pictures(run: Path, demo: Path, tmp_path: Path):
    config = load_experiment(CONFIG, [f"data.root={demo}", "data.corpus=demo"])
    judged = evaluate_elsewhere(run, Elsewhere(data=config.data, compare=False), tmp_path / "there")
    scores = pd.read_csv(judged.scores_csv)
    assert scores["score_video"].notna().all()
    request = StressRequest(
        source=run,
        conditions=["a_law", "picture_h264_crf_35"],
        corpus="demo",
        root=demo,
        out=tmp_path / "stressed",
    )
    out = stress_on_request(request)
    stressed = pd.read_csv(out.stress / "scores.csv")
    clean = stressed[stressed["condition"] == "clean"].merge(scores, on="clip", suffixes=("_clean", ""))
    np.testing.assert_allclose(clean["score_clean"], clean["score"], atol=1e-5)
    digest = json.loads((out.stress / "stress.json").read_text())["digest"]
    assert "Channels of sound leave pictures as they are" in " ".join(digest["sentences"])
