"""Checks for plugins of other packages: what the framework relies on, in one call from their tests."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from avdf.encoders import ENCODERS
from avdf.features import FEATURES

_SAMPLE_RATE_HZ = 16000
_LENGTHS_S = (1.0, 2.5, 0.1)  # the last is the shortest crop that a config may ask for
_FRAME_SHAPES = ((4, 3, 64, 64), (6, 3, 64, 64), (1, 3, 64, 64))  # (frame, 3, height, width)
_REPEATS = 5  # of a clip, which then says nothing new
_LONGEST_CHANGE = 2.0  # by which factor the length of a vector may change with such repeats
_NO_LENGTH = 1e-6
_TOLERANCE = 1e-4  # kernels may sum in another order for another batch size


def check_encoder(name: str, settings: Mapping[str, Any] | None = None, *, features: str = "log_mel") -> None:
    """Checks an encoder by its registered name. Raises AssertionError with the first thing that fails.

    Shapes and `dim` for clips of several lengths, down to a tenth of a second of sound and one frame; finite
    values, also for silence and black, and in 16 bits (bf16); the input unchanged; equal results in
    evaluation mode, alone and in a batch; vectors that do not grow with the length of a clip; a finite
    gradient of every weight, which is not 0 everywhere, also on a single clip; saving and loading; of an
    encoder with `steps` their shape. Pretrained weights are not used unless `settings` names them.
    `features` are those that an audio encoder gets. Raises ConfigError for an unknown name or setting and
    for a stub.

    >>> check_encoder("audio_cnn", {"channels": [8]})
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        _check(_build(name, settings or {}), _build(name, settings or {}), name, features)


def _check(encoder: nn.Module, other: nn.Module, name: str, features: str) -> None:
    modality: Any = encoder.modality
    dim: Any = encoder.dim
    _require(modality in ("audio", "video"), name, f"modality is {modality!r}, not audio or video")
    _require(type(dim) is int and dim >= 1, name, f"dim is {dim!r}, not a whole number >= 1")
    batches = _audio_batches(features) if modality == "audio" else _video_batches()
    for batch in batches:
        _check_forward(encoder.eval(), batch, name)
        _check_steps(encoder.eval(), batch, name)
    _check_length(encoder.eval(), batches[0][:2], name)
    _check_gradient(encoder.train(), batches[0], name)
    _check_one_clip(encoder.train(), batches[0][:1], name)
    _check_saving(encoder.eval(), other.eval(), batches[0], name)


def _build(name: str, settings: Mapping[str, Any]) -> nn.Module:
    config_class = ENCODERS.get(name).config_class
    defaults = {"weights": "none"} if "weights" in {field.name for field in fields(config_class)} else {}
    encoder: nn.Module = ENCODERS.build({"name": name, **defaults, **settings}, f"model.encoders.{name}")
    return encoder


def _audio_batches(features: str) -> list[Tensor]:
    """Three clips each: two of noise, one of silence."""
    extract = FEATURES.build({"name": features}, "model.features.audio", {"sample_rate_hz": _SAMPLE_RATE_HZ})
    loudness = torch.tensor([[0.1], [0.01], [0.0]])
    return [extract(loudness * torch.randn(3, round(seconds * _SAMPLE_RATE_HZ))) for seconds in _LENGTHS_S]


def _video_batches() -> list[Tensor]:
    """Three clips each: two of noise, one black."""
    batches = [torch.randint(0, 256, (3, *shape), dtype=torch.uint8) for shape in _FRAME_SHAPES]
    for batch in batches:
        batch[2] = 0
    return batches


def _check_forward(encoder: nn.Module, batch: Tensor, name: str) -> None:
    """In evaluation mode."""
    before = batch.clone()
    try:
        with torch.inference_mode():
            vectors, again, alone = encoder(batch), encoder(batch), encoder(batch[:1])
    except (RuntimeError, ValueError, IndexError) as error:
        reason = str(error).splitlines()[0]
        raise AssertionError(
            f"encoder {name!r} fails on an input of shape {tuple(batch.shape)}: {reason}"
        ) from error
    expected, shape = (len(batch), encoder.dim), tuple(vectors.shape)
    fault = f"gives shape {shape} for {tuple(batch.shape)}, not (clip, dim) = {expected}"
    _require(shape == expected, name, fault)
    _require(vectors.is_floating_point(), name, f"gives {vectors.dtype}, not floating point numbers")
    _require(bool(vectors.isfinite().all()), name, "gives a NaN or an infinity")
    _require(torch.equal(batch, before), name, "changes its input in place")
    _require(
        torch.equal(vectors, again), name, "gives different vectors for the same input in evaluation mode"
    )
    close = torch.allclose(vectors[:1], alone, atol=_TOLERANCE, rtol=_TOLERANCE)
    _require(close, name, "gives another vector for a clip alone than in a batch")
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        in_16_bits = encoder(batch)
    _require(bool(in_16_bits.isfinite().all()), name, "gives a NaN or an infinity in 16 bits (bf16)")


def _check_steps(encoder: nn.Module, batch: Tensor, name: str) -> None:
    """In evaluation mode, of an encoder that has `steps`, which some fusions compare."""
    steps: Any = getattr(encoder, "steps", None)
    if steps is None:
        return
    with torch.inference_mode():
        values = steps(batch)
    shape, dim = tuple(values.shape), encoder.dim
    is_right = len(shape) == 3 and shape[0] == len(batch) and shape[1] >= 1 and shape[2] == dim
    expected = f"({len(batch)}, step, {dim})"
    _require(is_right, name, f"gives steps of shape {shape}, not (clip, step, dim) = {expected}")
    _require(bool(values.isfinite().all()), name, "gives steps with a NaN or an infinity")


def _check_length(encoder: nn.Module, batch: Tensor, name: str) -> None:
    """In evaluation mode: a clip that is repeated has a vector of about the same length."""
    time = 1 if batch.dim() == 5 else batch.dim() - 1
    with torch.inference_mode():
        once = encoder(batch).norm(dim=1) + _NO_LENGTH
        repeated = encoder(torch.cat([batch] * _REPEATS, dim=time)).norm(dim=1) + _NO_LENGTH
    change = float((repeated / once).log().abs().max().exp())
    fault = f"gives a vector {change:.1f} times as long, or as short, for a clip {_REPEATS} times as long"
    _require(change <= _LONGEST_CHANGE, name, fault)


def _check_one_clip(encoder: nn.Module, batch: Tensor, name: str) -> None:
    """In training mode: the last batch of an epoch may hold a single clip."""
    try:
        vectors = encoder(batch)
    except ValueError as error:  # what norms raise that find one value per channel
        raise AssertionError(f"encoder {name!r} cannot be trained on a batch of one clip: {error}") from error
    _require(bool(vectors.isfinite().all()), name, "gives a NaN for a batch of one clip in training")


def _check_gradient(encoder: nn.Module, batch: Tensor, name: str) -> None:
    """In training mode."""
    encoder(batch).square().mean().backward()
    gradients = {key: weight.grad for key, weight in encoder.named_parameters() if weight.requires_grad}
    _require(bool(gradients), name, "has no weight to train")
    for key, gradient in gradients.items():
        _require(gradient is not None, name, f"does not use its weight {key}")
        _require(
            gradient is None or bool(gradient.isfinite().all()), name, f"has a gradient of {key} that is NaN"
        )
        _require(gradient is None or bool(gradient.any()), name, f"does not depend on its weight {key}")


def _check_saving(encoder: nn.Module, other: nn.Module, batch: Tensor, name: str) -> None:
    """Weights that are saved and loaded into another encoder give the same vectors."""
    state = {key: value.contiguous() for key, value in encoder.state_dict().items()}
    other.load_state_dict(load(save(state)))
    with torch.inference_mode():
        same = torch.allclose(encoder(batch), other(batch), atol=_TOLERANCE, rtol=_TOLERANCE)
    _require(same, name, "gives other vectors after its weights are saved and loaded")


def _require(holds: bool, name: str, fault: str) -> None:
    if not holds:
        raise AssertionError(f"encoder {name!r} {fault}")
