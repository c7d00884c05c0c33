"""A detector folder: saved, loaded again, and refused in one message where it comes from a stranger."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from making.detectors import CNN, facts_of, save_small_detector
from safetensors.torch import load_file, save_file
from torch import nn

from avdf.config.schema import ModelConfig
from avdf.detector import build_detector, resolve_model
from avdf.detector_folder import load_detector, save_detector
from avdf.encoders import ENCODERS
from avdf.errors import UserError
from avdf.files import file_hash
from avdf.scoring import score_batch

NAN = float("nan")


def test_a_saved_detector_scores_as_before(tmp_path: Path):
    detector = save_small_detector(tmp_path)
    loaded, facts = load_detector(tmp_path)
    batch = {"waveform": torch.randn(3, 16000)}
    before, after = (score_batch(item, batch, torch.device("cpu")) for item in (detector, loaded))
    torch.testing.assert_close(after, before, atol=0, rtol=0)
    assert (facts.positive, facts.threshold.value, facts.threshold.ci) == ("fake", 0.5, [0.25, None])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["detector.json", "detector.safetensors"]


def test_a_detector_trained_from_pretrained_weights_loads_without_them(tmp_path: Path):
    from torchvision.models import efficientnet_b0

    weights = tmp_path / "b0.pt"
    torch.save(efficientnet_b0(weights=None).state_dict(), weights)
    settings = {"name": "audio_effnet", "variant": "b0", "weights": str(weights)}
    save_small_detector(tmp_path / "detector", ModelConfig(encoders={"audio": settings}))
    weights.unlink()
    assert load_detector(tmp_path / "detector")[0].encoders["audio"].dim == 1280


def test_a_detector_whose_json_leaves_out_weights_loads_without_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = {"name": "audio_effnet", "variant": "b0", "weights": "none"}
    save_small_detector(tmp_path, ModelConfig(encoders={"audio": settings}))
    path = tmp_path / "detector.json"
    content = json.loads(path.read_text("utf-8"))
    del content["model"]["encoders"]["audio"]["weights"]
    path.write_text(json.dumps(content))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there
    load_detector(tmp_path)
    assert not (tmp_path / "hub").exists()


def test_facts_that_could_not_be_loaded_are_refused_when_they_are_saved(tmp_path: Path):
    model = resolve_model(CNN)
    facts = facts_of(model) | {"seconds": 0.0}
    with pytest.raises(UserError, match=r"detector\.json\.seconds must be from 0\.1 to 60, got 0"):
        save_detector(build_detector(model, 16000), tmp_path, facts)
    assert not (tmp_path / "detector.json").exists()


def test_crops_too_large_for_one_pass_are_scored_in_several_with_the_same_result(tmp_path: Path):
    detector = save_small_detector(tmp_path)
    batch, cpu = {"waveform": torch.randn(5, 16000)}, torch.device("cpu")
    whole = score_batch(detector, batch, cpu)
    detector.max_crops = 2
    torch.testing.assert_close(score_batch(detector, batch, cpu), whole)


def test_a_nan_score_is_an_error(tmp_path: Path):
    detector = save_small_detector(tmp_path)
    detector.fusion.linear.bias.data.fill_(NAN)
    with pytest.raises(UserError, match="the detector's score is NaN or infinite"):
        score_batch(detector, {"waveform": torch.zeros(1, 16000)}, torch.device("cpu"))


class Counting(nn.Module):
    """An encoder of another package that looks at values, even while it is built."""

    modality = "audio"
    dim = 1

    def __init__(self, config: object) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((1,), torch.ones(1).item()))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.scale * (features > 0).sum().item() * features.mean(dim=(1, 2))[:, None]


@dataclass(frozen=True)
class NoSettings:
    pass


def test_a_plugin_of_another_package_that_needs_values_is_loaded_and_its_sizes_are_checked(tmp_path: Path):
    ENCODERS.register("audio_counting", NoSettings)(Counting)
    try:
        save_small_detector(tmp_path, ModelConfig(encoders={"audio": {"name": "audio_counting"}}))
        assert load_detector(tmp_path)[0].encoders["audio"].scale == 1
        weights(lambda tensors: tensors.update({"encoders.audio.scale": torch.ones(2)}))(tmp_path)
        with pytest.raises(UserError, match=r"does not fit the model .* 'encoders\.audio\.scale' and 0 more"):
            load_detector(tmp_path)
    finally:
        ENCODERS._registered.pop("audio_counting", None)


def test_a_forward_pass_takes_as_many_crops_as_keep_its_largest_tensor_to_512_mib(tmp_path: Path):
    """Of a crop of 1 s the spectrum is the largest tensor: 257 bins x 101 frames x 8 bytes."""
    save_small_detector(tmp_path)
    exact = 512 * 2**20 / (257 * 101 * 8)
    assert load_detector(tmp_path)[0].max_crops == pytest.approx(exact, rel=0.2)


# ---- Folders from strangers: each is made of a good one by one change ----

Change = Callable[[Path], None]


def put(key: str, value: Any) -> Change:
    """Sets the dotted key of detector.json."""

    def change(folder: Path) -> None:
        content = json.loads((folder / "detector.json").read_text("utf-8"))
        *parents, name = key.split(".")
        place = content
        for parent in parents:
            place = place[parent]
        place[name] = value
        (folder / "detector.json").write_text(json.dumps(content))

    return change


def both(*changes: Change) -> Change:
    def change(folder: Path) -> None:
        for single in changes:
            single(folder)

    return change


def without(key: str) -> Change:
    """Removes the dotted key of detector.json."""

    def change(folder: Path) -> None:
        content = json.loads((folder / "detector.json").read_text("utf-8"))
        *parents, name = key.split(".")
        place = content
        for parent in parents:
            place = place[parent]
        del place[name]
        (folder / "detector.json").write_text(json.dumps(content))

    return change


def text(content: str | bytes) -> Change:
    """Replaces detector.json."""
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / "detector.json").write_bytes(data) and None


def replaced(old: str, new: str) -> Change:
    """Replaces text inside detector.json."""

    def change(folder: Path) -> None:
        path = folder / "detector.json"
        before = path.read_text("utf-8")
        assert old in before
        path.write_text(before.replace(old, new, 1))

    return change


def weights(edit: Callable[[dict[str, torch.Tensor]], None]) -> Change:
    """Edits the tensors of the weights and corrects their hash."""

    def change(folder: Path) -> None:
        path = folder / "detector.safetensors"
        tensors = load_file(path)
        edit(tensors)
        save_file(tensors, path)
        put("hashes.weights", file_hash(path))(folder)

    return change


def weights_bytes(content: bytes) -> Change:
    """Replaces the weights file and corrects its hash."""

    def change(folder: Path) -> None:
        (folder / "detector.safetensors").write_bytes(content)
        put("hashes.weights", file_hash(folder / "detector.safetensors"))(folder)

    return change


def link(name: str, target: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return change


def pipe(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return change


def sparse(name: str, num_bytes: int) -> Change:
    def change(folder: Path) -> None:
        with (folder / name).open("r+b") as file:
            file.truncate(num_bytes)

    return change


def fill(name: str, value: float) -> Change:
    return weights(lambda tensors: tensors.update({name: torch.full_like(tensors[name], value)}))


CNN_KEY, MEL_KEY = "model.encoders.audio", "model.features.audio"
BIAS, KERNEL = "fusion.linear.bias", "encoders.audio.blocks.0.weight"
DEEP = "[" * 100_000 + "]" * 100_000
STRANGE: dict[str, Change] = {
    "a list": text("[]"),
    "null": text("null"),
    "nothing": text(""),
    "binary": text(b"\xff\xfe\x00"),
    "deep nesting": text(DEEP),
    "deep nesting of one key": replaced('"race"', DEEP),
    "2 MB": text(json.dumps({"format_version": 1, "groups": ["x" * 2_000_000]})),
    "a number of 100,000 digits": replaced('"seed": 0', f'"seed": {"9" * 100_000}'),
    "a number of 4,000 digits": replaced('"seed": 0', f'"seed": {"9" * 4_000}'),
    "a key twice": replaced('"seed": 0', '"seed": 0, "seed": 1'),
    "NaN as a constant": replaced('"seconds": 1.0', '"seconds": NaN'),
    "an infinite constant": replaced('"seconds": 1.0', '"seconds": -Infinity'),
    "1e999": replaced('"seconds": 1.0', '"seconds": 1e999'),
    "a link to /dev/zero": link("detector.json", "/dev/zero"),
    "a dangling link": link("detector.json", "nowhere"),
    "a pipe": pipe("detector.json"),
    "sparse, 200 GB": sparse("detector.json", 200_000_000_000),
    "format true": put("format_version", True),
    "format 1.0": put("format_version", 1.0),
    "format 99": put("format_version", 99),
    "no format": without("format_version"),
    "an unknown key": put("colour", "red"),
    "positive: real": put("positive", "real"),
    "no hashes": without("hashes"),
    "hashes a list": put("hashes", []),
    "no hash of the weights": without("hashes.weights"),
    "another hash": put("hashes.weights", "0" * 64),
    "no model": without("model"),
    "model null": put("model", None),
    "model a list": put("model", []),
    "no threshold": without("threshold"),
    "threshold a number": put("threshold", 0.5),
    "threshold.value text": put("threshold.value", "nan"),
    "threshold.value null": put("threshold.value", None),
    "threshold.value true": put("threshold.value", True),
    "threshold.value -1e308": put("threshold.value", -1e308),
    "threshold.value 2": put("threshold.value", 2),
    "threshold.ci of one": put("threshold.ci", [0.5]),
    "threshold.beta 0": put("threshold.beta", 0),
    "no num_crops": without("num_crops"),
    "num_crops 0": put("num_crops", 0),
    "num_crops -1": put("num_crops", -1),
    "num_crops true": put("num_crops", True),
    "num_crops text": put("num_crops", "4"),
    "num_crops 1e6": put("num_crops", 1_000_000),
    "num_crops 1e9": put("num_crops", 1_000_000_000),
    "seconds 0": put("seconds", 0),
    "seconds -1": put("seconds", -1),
    "seconds 1e-9": put("seconds", 1e-9),
    "seconds 0.001": put("seconds", 0.001),
    "seconds 1e5": put("seconds", 1e5),
    "seconds 1e9": put("seconds", 1e9),
    "seconds a list": put("seconds", [1.0]),
    "skip_start_s -5": put("skip_start_s", -5),
    "skip_start_s 1e9": put("skip_start_s", 1e9),
    "rate negative": put("sample_rate_hz", -16000),
    "rate null": put("sample_rate_hz", None),
    "rate text": put("sample_rate_hz", "16000"),
    "rate 16000.5": put("sample_rate_hz", 16000.5),
    "rate 5e8": put("sample_rate_hz", 500_000_000),
    "target smell": put("target", "smell"),
    "groups text": put("groups", "race"),
    "groups of numbers": put("groups", [1, 2]),
    "1,001 groups": put("groups", ["race"] * 1001),
    "seed -1": put("seed", -1),
    "no encoders": put("model.encoders", {}),
    "encoders a list": put("model.encoders", []),
    "encoder of smell": put("model.encoders", {"smell": {"name": "audio_cnn"}}),
    "encoder without name": without(f"{CNN_KEY}.name"),
    "encoder name a list": put(f"{CNN_KEY}.name", ["audio_cnn"]),
    "encoder unknown": put(f"{CNN_KEY}.name", "audio_cnm"),
    "encoder by path": put(f"{CNN_KEY}.name", "../../evil"),
    "encoder by module": put(f"{CNN_KEY}.name", "os.path"),
    "encoder a stub": put("model.encoders", {"video": {"name": "video_r3d"}}),
    "encoder of 100 MB of name": put(f"{CNN_KEY}.name", "x" * 900_000),
    "channels empty": put(f"{CNN_KEY}.channels", []),
    "channels 1e9": put(f"{CNN_KEY}.channels", [1_000_000_000]),
    "channels 5e7": put(f"{CNN_KEY}.channels", [50_000_000]),
    "channels 1024 where 8 are": put(f"{CNN_KEY}.channels", [1024] * 12),
    "channels true": put(f"{CNN_KEY}.channels", [True]),
    "channels text": put(f"{CNN_KEY}.channels", "8"),
    "dropout text": put(f"{CNN_KEY}.dropout", "0.1"),
    "dropout -1": put(f"{CNN_KEY}.dropout", -1),
    "norm an interpolation": put(f"{CNN_KEY}.norm", "${oc.env:HOME}"),
    "a setting that is unknown": put(f"{CNN_KEY}.exec", "rm"),
    "num_mels 1e9": put(f"{MEL_KEY}.num_mels", 1_000_000_000),
    "num_mels an interpolation": put(f"{MEL_KEY}.num_mels", "${oc.env:HOME}"),
    "n_fft 1": put(f"{MEL_KEY}.n_fft", 1),
    "n_fft 1e9": put(f"{MEL_KEY}.n_fft", 1_000_000_000),
    "n_fft longer than a crop": both(put("seconds", 0.1), put(f"{MEL_KEY}.n_fft", 16384)),
    "a crop of 5 GB": both(
        put("sample_rate_hz", 48000),
        put("seconds", 60),
        put(f"{MEL_KEY}.n_fft", 16384),
        put(f"{MEL_KEY}.hop_length", 16),
    ),
    "hop_length 0": put(f"{MEL_KEY}.hop_length", 0),
    "f_min_hz NaN as text": put(f"{MEL_KEY}.f_min_hz", "nan"),
    "f_min_hz above half the rate": put(f"{MEL_KEY}.f_min_hz", 20000),
    "standardize 1": put(f"{MEL_KEY}.standardize", 1),
    "fusion null": put("model.fusion", None),
    "fusion unknown": put("model.fusion", {"name": "sum"}),
    "no weights": lambda folder: (folder / "detector.safetensors").unlink(),
    "weights a folder": lambda folder: (
        (folder / "detector.safetensors").unlink(),
        (folder / "detector.safetensors").mkdir(),
    )[1],
    "weights a pipe": pipe("detector.safetensors"),
    "weights a link to /dev/zero": link("detector.safetensors", "/dev/zero"),
    "weights sparse, 200 GB": sparse("detector.safetensors", 200_000_000_000),
    "weights truncated": sparse("detector.safetensors", 500),
    "weights empty": weights_bytes(b""),
    "weights a pickle": weights_bytes(b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00cos\nsystem\n"),
    "weights with a header of 2^60": weights_bytes((2**60).to_bytes(8, "little") + b"{}"),
    "weights with a deep header": weights_bytes((200_000).to_bytes(8, "little") + DEEP.encode()),
    "weights with a lying size": weights_bytes(
        (74).to_bytes(8, "little")
        + b'{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}  '
    ),
    "weights NaN": fill(BIAS, NAN),
    "weights infinite": fill(KERNEL, float("inf")),
    "weights one tensor less": weights(lambda tensors: tensors.pop(BIAS) is None or None),
    "weights one tensor more": weights(lambda tensors: tensors.update(more=torch.zeros(3))),
    "weights of another shape": weights(lambda tensors: tensors.update({BIAS: torch.zeros(2)})),
    "weights as int32": weights(lambda tensors: tensors.update({BIAS: torch.zeros(1).int()})),
    "weights as float64": weights(lambda tensors: tensors.update({BIAS: torch.zeros(1).double()})),
}


@pytest.fixture
def strange(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    save_small_detector(tmp_path)
    STRANGE[request.param](tmp_path)
    return tmp_path


@pytest.mark.parametrize("strange", list(STRANGE), indirect=True)
def test_a_strange_folder_is_refused_in_one_message_within_seconds(strange: Path):
    started = time.perf_counter()
    with pytest.raises(UserError) as caught:
        load_detector(strange)
    assert time.perf_counter() - started < 4  # 2 on a machine that does nothing else
    message = str(caught.value)
    assert str(strange) in message
    assert "\n" not in message
    assert message.count(str(strange)) <= 2
    assert len(message) < len(str(strange)) * 2 + 600


def test_all_strange_folders_together_take_less_than_a_gigabyte(tmp_path: Path):
    """Loads all of them in one process whose address space is limited to 1 GB above that of its libraries."""
    for number, change in enumerate(STRANGE.values()):
        save_small_detector(tmp_path / str(number))
        change(tmp_path / str(number))
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from avdf.detector_folder import load_detector; from avdf.errors import UserError\n"
        "import avdf.encoders.audio_cnn, avdf.encoders.video_r3d, avdf.features.log_mel, avdf.fusion.concat\n"
        "taken = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (taken + 10**9, taken + 10**9))\n"
        "for folder in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    try: load_detector(folder)\n"
        "    except UserError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True)
    assert done.stdout.split() == ["refused"] * len(STRANGE), done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 4_000_000  # kB


def test_there_are_at_least_sixty_strange_folders():
    assert len(STRANGE) >= 60
