"""A film with and without sound, judged by a detector that looks at frames as well."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from making.detectors import save_small_detector
from making.media import write_mp4
from making.serving import Served, form_of, judge_of, send, serving

from avdf.config.schema import ModelConfig
from avdf.data.audio.decoder import close_idle, keep_idle
from avdf.detection.prediction import predict
from avdf.serving.answer_schema import KEYS, OF_EYES, answer_schema
from avdf.serving.decoder_process import command_for
from avdf.serving.desk import Desk
from avdf.serving.limits import RefusedError, ServingLimits
from avdf.serving.page import explained, verdict_of

MODEL = ModelConfig(
    encoders={
        "audio": {"name": "audio_cnn", "channels": [4]},
        "video": {"name": "video_cnn", "channels": [4]},
    },
    heads="per_modality",
)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    write_mp4(folder / "whole.mp4")
    write_mp4(folder / "silent.mp4", audio=False)
    write_mp4(folder / "blind.mp4", video=False)
    return folder


@pytest.fixture(scope="module")
def sees(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("sees")
    save_small_detector(folder / "detector", MODEL)
    judge = judge_of(folder / "detector", ServingLimits())
    (folder / "held").mkdir()
    with keep_idle(), serving(judge, folder / "held") as port:
        yield Served(port, judge, folder / "held")
    close_idle()


@pytest.mark.parametrize(
    ("name", "has", "nulls"),
    [
        ("whole", (True, True), set()),
        ("silent", (False, True), {"score_audio_alone", "score_audio", "training_distance"}),
        ("blind", (True, False), {"score_video_alone", "score_video"}),
    ],
)
def test_every_answer_is_as_openapi_describes_it(
    name: str, has: tuple[bool, bool], nulls: set[str], films: Path, sees: Served
):
    jsonschema = pytest.importorskip("jsonschema")
    status, _, told = send(sees.port, form_of((films / f"{name}.mp4").read_bytes(), "film.mp4"))
    assert (status, set(told)) == (200, set(KEYS) | set(OF_EYES))
    jsonschema.validate(told, answer_schema())
    assert (told["has_audio"], told["has_video"]) == has
    unknown = {"llr", "probability_fake", "training_distance", "error"}  # of a detector without calibration
    assert {key for key, value in told.items() if value is None} == unknown | nulls


def test_a_detector_that_hears_alone_has_no_keys_of_pictures(served: Served, clip: Path):
    jsonschema = pytest.importorskip("jsonschema")
    _, _, told = send(served.port, form_of(clip.read_bytes()))
    assert set(told) == set(KEYS)
    jsonschema.validate(told, answer_schema())


def test_max_seconds_bounds_a_film_without_sound_as_well(sees: Served, tmp_path: Path):
    judge = replace(sees.judge, limits=ServingLimits(max_seconds=1.0), decoder=command_for(1.0))
    for name in ("silent", "whole"):
        write_mp4(tmp_path / f"{name}.mp4", seconds=3.0, audio=name == "whole")
        with pytest.raises(RefusedError, match=r"^my film: too long \(more than 1 s\)$") as refused:
            judge.result_of(tmp_path / f"{name}.mp4", "my film")
        assert refused.value.status == 413
    write_mp4(tmp_path / "short.mp4", seconds=0.9, audio=False)
    assert judge.result_of(tmp_path / "short.mp4", "my film")["has_video"]


def test_a_film_without_sound_has_a_verdict_without_a_player(films: Path, sees: Served):
    (expected,) = predict(sees.judge.predictor, [films / "silent.mp4"])
    html = verdict_of(sees.judge, films / "silent.mp4", "my film.mp4")
    assert expected["words"][1:] in html
    assert "called by its picture alone: no sound was read, no audio (" in html
    for what in ("<audio", "onclick", "listen"):
        assert what not in html
        assert what in verdict_of(sees.judge, films / "whole.mp4", "my film.mp4") or what == "listen"


def test_an_explanation_that_fails_names_no_folder_of_the_server(sees: Served, tmp_path: Path):
    upload = tmp_path / "upload-7"
    upload.write_text("no sound")
    html = explained(sees.judge, Desk(sees.judge.limits), upload, "my film.mp4")
    assert "The call is not explained: my film.mp4: unreadable" in html
    assert str(tmp_path) not in html
