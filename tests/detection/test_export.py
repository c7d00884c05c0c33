"""An exported detector gives PyTorch's logits, without PyTorch."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from making.detectors import save_small_detector
from making.media import RATE_HZ, speech_like, write_audio

from avdf.commands.dispatch import call
from avdf.config.schema import ModelConfig
from avdf.detection.export import export_onnx
from avdf.detection.exported_network import ConvolvedPowers
from avdf.detection.loading import Choices, load_exported_predictor, load_predictor
from avdf.detection.onnx_file import NAME
from avdf.detection.prediction import predict
from avdf.detection.quantization import quantize_int8
from avdf.encoders import ENCODERS
from avdf.errors import UserError
from avdf.features import FEATURES
from avdf.features._powers import Powers

TOP = Path(__file__).parents[2]
WITHOUT_TORCH = """
import sys
from avdf.commands.dispatch import call
call("predict", [*sys.argv[1:], "--runtime", "onnx", "--json"], "predict")
loaded = {"torch", "torchaudio", "pandas", "pyarrow", "pydantic", "sklearn", "scipy", "av"} & set(sys.modules)
assert not loaded, loaded
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector with its export, and a file."""
    folder = tmp_path_factory.mktemp("exported")
    save_small_detector(folder)
    export_onnx(folder, folder / NAME)
    speech = speech_like(3 * RATE_HZ)[:1] + np.random.default_rng(0).normal(0, 0.01, 3 * RATE_HZ)
    write_audio(folder / "speech.wav", speech.astype(np.float32), "pcm_s16le")
    return folder


@pytest.mark.parametrize(("n_fft", "hop", "window"), [(512, 160, None), (400, 100, 320), (64, 48, 33)])
def test_the_convolution_is_the_short_time_fourier_transform(n_fft: int, hop: int, window: int | None):
    powers = Powers(n_fft, hop, window)
    waveform = torch.randn(2, 5001)
    expected = powers(waveform)
    torch.testing.assert_close(
        ConvolvedPowers(powers)(waveform), expected, rtol=1e-4, atol=1e-5 * float(expected.max())
    )


PAIRS = [
    ({"name": "mfcc"}, {"name": "audio_mfcc_linear"}),
    ({"name": "log_mel", "floor_db": -60}, {"name": "audio_cnn", "channels": [8, 8], "norm": "group"}),
    ({"name": "lfcc"}, {"name": "audio_lcnn", "num_bins": 60, "width": 4, "dim": 4}),
    (
        {"name": "log_spectrogram", "n_ffts": [256, 1024], "num_bins": 32, "stack": "channels"},
        {"name": "audio_strided", "num_bins": 32, "num_planes": 2, "channels": [8]},
    ),
    ({"name": "log_mel"}, {"name": "audio_effnet", "variant": "b0", "weights": "none"}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("features", "encoder"), PAIRS, ids=lambda plugin: plugin["name"])
def test_every_front_end_and_encoder_gives_pytorchs_logits_at_any_length(
    features: dict[str, Any], encoder: dict[str, Any], tmp_path: Path
):
    torch.manual_seed(0)
    save_small_detector(tmp_path, ModelConfig(features={"audio": features}, encoders={"audio": encoder}))
    export_onnx(tmp_path, tmp_path / NAME)
    exported, original = load_exported_predictor(tmp_path).scorer, load_predictor(tmp_path).scorer
    rng = np.random.default_rng(1)
    for number, seconds in ((1, 1.0), (3, 0.7), (9, 1.3)):
        crops = rng.normal(0, 0.1, (number, round(seconds * RATE_HZ))).astype(np.float32)
        np.testing.assert_allclose(exported(crops), original(crops), atol=1e-4)


def test_all_shipped_plugins_that_hear_are_exported_or_refused_above():
    features, encoders = ({plugin["name"] for plugin in plugins} for plugins in zip(*PAIRS, strict=True))
    assert features | {"cqt"} == set(FEATURES.names())
    assert encoders == {name for name in ENCODERS.names() if name.startswith("audio_")}


@pytest.mark.slow
def test_100_clips_of_any_number_and_length_get_pytorchs_logits(folder: Path):
    rng = np.random.default_rng(1)
    exported, original = load_exported_predictor(folder).scorer, load_predictor(folder).scorer
    num_clips = 0
    for number, seconds in ((1, 1.0), (64, 1.0), (3, 0.7), (7, 2.5), (25, 1.3)):
        levels = 10 ** rng.uniform(-3, 0, (number, 1))
        crops = (
            (levels * rng.normal(0, 0.2, (number, round(seconds * RATE_HZ)))).clip(-1, 1).astype(np.float32)
        )
        np.testing.assert_allclose(exported(crops), original(crops), atol=1e-4)
        num_clips += number
    assert num_clips == 100


@pytest.mark.slow
def test_predict_runs_without_torch_and_gives_the_same_answer(folder: Path):
    words = [str(folder), str(folder / "speech.wav")]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *words], capture_output=True, text=True, cwd=TOP
    )
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)
    (expected,) = predict(load_predictor(folder), [folder / "speech.wav"])
    assert told["score"] == pytest.approx(expected["score"], abs=1e-4)
    assert (told["call"], told["detector"], told["path"]) == tuple(
        expected[k] for k in ("call", "detector", "path")
    )


@pytest.mark.slow
def test_a_file_alone_is_a_detector(folder: Path, tmp_path: Path):
    alone = tmp_path / "alone.onnx"
    alone.write_bytes((folder / NAME).read_bytes())
    predictor = load_exported_predictor(alone, Choices(prevalence=0.1))
    assert (predictor.threshold, predictor.rule.prevalence) == (0.5, 0.1)


@pytest.mark.slow
def test_what_is_no_export_of_these_weights_is_refused(folder: Path, tmp_path: Path):
    with pytest.raises(UserError, match=r"no exported detector there \(No such file or directory\); make it"):
        load_exported_predictor(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(UserError, match="ONNX Runtime can't load it"):
        load_exported_predictor(tmp_path / "text.onnx")
    save_small_detector(tmp_path / "other")
    (tmp_path / "other" / NAME).write_bytes((folder / NAME).read_bytes())
    with pytest.raises(UserError, match="was exported from other weights"):
        load_exported_predictor(tmp_path / "other")


HEARING = {"audio": {"name": "audio_cnn", "channels": [8]}}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            ModelConfig(features={"audio": {"name": "log_mel", "n_fft": 8192}}, encoders=HEARING),
            "n_fft is 8192, and a transform of more than 4096 is too large as a convolution",
        ),
        (
            ModelConfig(features={"audio": {"name": "cqt"}}, encoders=HEARING),
            "cqt takes the Fourier transform of the whole clip, whose kernels depend on its length",
        ),
        (
            ModelConfig(
                features={"audio": {"name": "log_mel"}},
                encoders={**HEARING, "video": {"name": "video_cnn", "channels": [8]}},
                heads="per_modality",
            ),
            "it reads frames, and the ONNX file takes sound alone; avdf predict runs it without an export",
        ),
    ],
    ids=["n_fft", "cqt", "video"],
)
def test_what_can_not_be_exported_is_refused_in_words(model: ModelConfig, message: str, tmp_path: Path):
    save_small_detector(tmp_path, model)
    with pytest.raises(UserError, match=f"can't be exported: {message}"):
        export_onnx(tmp_path, tmp_path / NAME)
    assert not (tmp_path / NAME).exists()


@pytest.mark.slow
def test_8_bits_are_those_of_the_encoder_and_change_scores_little(folder: Path, tmp_path: Path):
    rng = np.random.default_rng(2)
    crops = (10 ** rng.uniform(-2, 0, (40, 1)) * rng.normal(0, 0.2, (40, RATE_HZ))).astype(np.float32)
    quantize_int8(folder / NAME, tmp_path / "small.onnx", crops[:20])
    small = load_exported_predictor(tmp_path / "small.onnx").scorer
    differences = np.abs(small(crops) - load_exported_predictor(folder).scorer(crops))
    assert 0 < differences.max() < 0.3  # of a logit, by weights that were not trained
    nodes = onnx.load(tmp_path / "small.onnx").graph.node
    weights = [node.input[1] for node in nodes if node.op_type == "Conv"]
    assert [name.endswith("_DequantizeLinear_Output") for name in weights] == [False, True]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--onnx", "file.txt"], r"--onnx file\.txt: must end in \.onnx"),
        (["--onnx", "{folder}/taken.onnx"], r"taken\.onnx: exists; name another file"),
        (
            ["--onnx", "{folder}/new.onnx", "--quantize", "int8"],
            "is not in a run, whose clips tell what it costs",
        ),
    ],
)
def test_the_command_refuses_what_it_can_not_do(words: list[str], message: str, tmp_path: Path):
    save_small_detector(tmp_path)
    (tmp_path / "taken.onnx").touch()
    with pytest.raises(UserError, match=message):
        call("export", [str(tmp_path), *(word.format(folder=tmp_path) for word in words)], "export")
    assert not (tmp_path / "new.onnx").exists()
