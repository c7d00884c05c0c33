"""A saved detector with eyes: calls a video by both, a wav by ear, a silent video by eye, as in scoring."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from accelerate import Accelerator
from making.clip_tables import clip
from making.detectors import facts_of
from making.media import speech_like, write_audio, write_mp4

from avdf.command import DONE
from avdf.commands.dispatch import call
from avdf.config.schema import FramesConfig, ModelConfig
from avdf.data.clips import SKIPPED_COLUMNS, Index, summarise
from avdf.data.dataset import LabelledClips
from avdf.data.even_crops import EvenCrops
from avdf.data.preparation import prepare
from avdf.data.video.prepared import with_pictures
from avdf.data.video.presence import Needs
from avdf.detection.loading import load_predictor
from avdf.detection.modalities import modality_answer, modality_words
from avdf.detection.prediction import predict
from avdf.detector import Detector, build_detector, resolve_model
from avdf.detector_folder import load_detector, save_detector
from avdf.errors import UserError
from avdf.scoring import crop_logits, whole_scores

FRAMES = {"num_frames": 3, "height": 16, "width": 16, "per_second": 5.0}
NAMES = ("whole", "silent", "blind")
MODEL = ModelConfig(
    features={"audio": {"name": "log_mel", "num_mels": 20, "n_fft": 256}},
    encoders={
        "audio": {"name": "audio_cnn", "channels": [4]},
        "video": {"name": "video_cnn", "channels": [4]},
    },
    heads="per_modality",
)


def save(folder: Path, model: ModelConfig, **changed: object) -> Detector:
    torch.manual_seed(0)
    model = resolve_model(model)
    detector = build_detector(model, 16000).eval()
    facts = facts_of(model)
    facts["model"]["heads"] = model.heads
    save_detector(detector, folder, {**facts, "frames": FRAMES, "skip_start_s": 0.1, **changed})
    return detector


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Detectors `both` and `sees`; a film of 2 s, one without sound and one without a picture."""
    place = tmp_path_factory.mktemp("eyes")
    save(place / "both", MODEL)
    save(place / "sees", ModelConfig(encoders={"video": MODEL.encoders["video"]}))
    (place / "root").mkdir()
    write_mp4(place / "root" / "whole.mp4")
    write_mp4(place / "root" / "silent.mp4", audio=False)
    write_mp4(place / "root" / "blind.mp4", video=False)
    return place


@pytest.fixture(scope="module")
def told(place: Path) -> dict[str, dict]:
    files = [place / "root" / f"{name}.mp4" for name in NAMES]
    return dict(zip(NAMES, predict(load_predictor(place / "both"), files), strict=True))


def scored_as_a_data_set(place: Path, detector: Detector) -> dict[str, float]:
    """The scores of the same files as the clips of a corpus."""
    rows = [
        {**clip(number, "A", f"id{number:05}"), "clip": f"{name}.mp4", "track": ""}
        for number, name in enumerate(NAMES)
    ]
    clips = pd.DataFrame(rows)
    nothing = pd.DataFrame([], columns=SKIPPED_COLUMNS)
    index = Index(root=place / "root", clips=clips, skipped=nothing, summary=summarise(clips, nothing))
    prepared = prepare(index, place / "cache", sample_rate_hz=16000, workers=1)
    config = FramesConfig(**FRAMES)
    seen = with_pictures(index, prepared, place / "cache", config, needs=Needs(), workers=1)
    table, store = seen.prepared.clips, seen.prepared.store
    labelled = LabelledClips(table, store, target="any", seconds=1.0, skip_start_s=0.1, frames=seen.frames)
    crops = EvenCrops([labelled], num_crops=2)
    logits = crop_logits(detector, crops, batch_size=4, accelerator=Accelerator(cpu=True))
    names = [Path(name).stem for name in table["clip"]]
    return dict(zip(names, whole_scores(logits, "mean")[0].tolist(), strict=True))


def test_a_file_gets_the_score_that_it_has_as_a_clip_of_a_data_set(place: Path, told):
    detector, _ = load_detector(place / "both")
    scores = scored_as_a_data_set(place, detector)
    assert len(set(scores.values())) == 3
    assert {name: told[name]["score"] for name in NAMES} == pytest.approx(scores, abs=1e-6)
    of_picture = scored_as_a_data_set(place, detector.head("video"))
    assert told["whole"]["score_video"] == pytest.approx(of_picture["whole"], abs=1e-6)
    assert told["silent"]["score_video"] == pytest.approx(of_picture["silent"], abs=1e-6)


def test_what_a_file_lacks_has_no_score_and_the_other_modality_calls_it(told):
    assert [told[name]["has_audio"] for name in NAMES] == [True, False, True]
    assert [told[name]["has_video"] for name in NAMES] == [True, True, False]
    for name, lacks, has in (("silent", "audio", "video"), ("blind", "video", "audio")):
        assert told[name]["error"] is None
        assert told[name][f"score_{lacks}"] is told[name][f"score_{lacks}_alone"] is None
        assert told[name][f"score_{has}_alone"] == pytest.approx(told[name]["score"])
    assert "called by its picture alone: no sound was read, no audio (" in told["silent"]["words"]
    assert "called by its sound alone: no picture was read, no video (" in told["blind"]["words"]
    assert told["silent"]["seconds"] == pytest.approx(2.0)
    assert "its sound alone scores" in told["whole"]["words"]


def test_a_detector_of_pictures_calls_a_silent_video_and_refuses_a_wav(place: Path, tmp_path: Path):
    wav = write_audio(tmp_path / "a.wav", speech_like(16000)[:1], "pcm_s16le")
    predictor = load_predictor(place / "sees")
    silent, whole, heard, nothing = predict(
        predictor, [place / "root" / "silent.mp4", place / "root" / "whole.mp4", wav, tmp_path / "none.mp4"]
    )
    assert silent["score"] == pytest.approx(whole["score"], abs=0.02)  # the same pictures, cut by the sound
    assert "called by its picture alone, which is all that this detector reads" in silent["words"]
    assert heard["error"] == "no video (the file has no video stream)"
    assert nothing["error"].startswith("missing file")


def test_a_timeline_is_made_of_a_silent_video(place: Path):
    files = [place / "root" / "silent.mp4"]
    (told,) = predict(load_predictor(place / "both"), files, timeline=True)
    assert len(told["timeline"]) == 4  # half seconds of 1.9


def answer(heads: bool, sound: float, picture: float) -> dict:
    """Logits of one crop each; a threshold of 0.6."""
    names = [f"score_{name}{'' if heads else '_alone'}" for name in ("audio", "video")]
    logits = {name: np.array([value]) for name, value in zip(names, (sound, picture), strict=True)}
    return modality_answer(logits, {"unheard": "", "frames": np.zeros(1)}, "mean", 0.6)


def test_a_head_speaks_for_fake_from_one_half_on_and_a_modality_alone_from_the_threshold_on():
    logit_of_55_percent = 0.2007
    assert answer(True, logit_of_55_percent, -0.1)["speaks_for_fake"] == ["audio"]
    assert answer(False, logit_of_55_percent, 2.0)["speaks_for_fake"] == ["video"]
    assert answer(True, 1.0, 1.0)["speaks_for_fake"] == ["audio", "video"]


def test_the_words_name_the_modality_that_speaks_for_fake():
    told = {"score_audio": None, "score_video": None, "score_audio_alone": 0.125, "score_video_alone": 0.75}
    info = {"unheard": "", "unseen": ""}
    words = modality_words({**told, "speaks_for_fake": ["video"]}, info, ("audio", "video"))
    assert words == (
        "its sound alone scores 0.1250; its picture alone scores 0.7500: the picture speaks for fake"
    )
    both = modality_words({**told, "speaks_for_fake": ["audio", "video"]}, info, ("audio", "video"))
    assert both.endswith(": both speak for fake")


def test_the_command_prints_the_modality_and_out_has_its_columns(place: Path, tmp_path: Path, capsys):
    files = [str(place / "root" / f"{name}.mp4") for name in NAMES]
    out = tmp_path / "results.csv"
    assert call("predict", [str(place / "both"), *files, "--json", "--out", str(out)], "predict") == DONE
    printed = json.loads(capsys.readouterr().out)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["has_audio"] for row in rows] == ["1", "0", "1"]
    assert [row["score_audio"] == "" for row in rows] == [False, True, False]
    assert float(rows[0]["score_video_alone"]) == pytest.approx(printed[0]["score_video_alone"])


def test_a_folder_without_the_settings_of_its_frames_is_refused_in_words(tmp_path: Path):
    with pytest.raises(UserError, match=r"frames: a detector with a video encoder needs those of its train"):
        save(tmp_path / "new", MODEL, frames=None)
    save(tmp_path / "old", MODEL)
    facts = json.loads((tmp_path / "old" / "detector.json").read_text())
    del facts["frames"]
    (tmp_path / "old" / "detector.json").write_text(json.dumps(facts))
    with pytest.raises(UserError, match=r"num_frames, height, width and per_second of data\.frames"):
        load_detector(tmp_path / "old")


def test_frames_too_large_for_memory_are_refused_before_one_is_made(tmp_path: Path):
    huge = {**FRAMES, "num_frames": 512, "height": 4096, "width": 4096}
    save(tmp_path / "huge", MODEL, frames=huge)
    with pytest.raises(UserError, match=r"scoring a crop takes a tensor of about 98304 MiB, more than 512"):
        load_detector(tmp_path / "huge")
