"""Maps of what speaks for fake in the features of one crop, and checks that a map says something.

Grad-CAM (Selvaraju et al., ICCV 2017) on the last convolution and integrated gradients (Sundararajan et al.,
ICML 2017), both by captum. The checks: another map with random weights (Adebayo et al., NeurIPS 2018), and
deletion and insertion curves against a random order (Petsiuk et al., BMVC 2018).
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import Tensor, nn

from avdf.detector import Detector

Map = NDArray[np.float64]  # (bin, frame), above 0 where it speaks for fake
_GRADIENT_STEPS = 32
_POINTS_AT_ONCE = 8
_NUM_SHARES = 11  # of a deletion curve, from nothing to everything


@dataclass(frozen=True, kw_only=True)
class Faithfulness:
    """Areas under the curves of the score, 0 to 1, and the rank correlation with a map of random weights.

    Deleting what speaks for fake first should lower the score sooner than a random order does; adding it
    first should raise it sooner.
    """

    deletion: float
    random_deletion: float
    insertion: float
    random_insertion: float
    random_weights_correlation: float | None

    @property
    def beats_random(self) -> bool:
        return self.deletion < self.random_deletion and self.insertion > self.random_insertion


def features_of(detector: Detector, waveform: NDArray[np.float32]) -> Tensor:
    """(sample,) -> (1, bin, frame), the input of the audio encoder."""
    with torch.no_grad():
        inputs = detector.extract({"waveform": torch.from_numpy(waveform)[None].to(device_of(detector))})
    return inputs["audio"].clone()


def device_of(detector: Detector) -> torch.device:
    return next(detector.parameters()).device


def integrated_gradients(detector: Detector, features: Tensor) -> Map:
    """The share of each bin and frame in the logit, against a crop whose every value is the lowest there."""
    from captum.attr import IntegratedGradients

    found = IntegratedGradients(logits_of(detector)).attribute(
        features.clone().requires_grad_(),
        baselines=silence_like(features),
        n_steps=_GRADIENT_STEPS,
        internal_batch_size=_POINTS_AT_ONCE,
    )
    return _as_map(found)


def grad_cam(detector: Detector, features: Tensor) -> Map | None:
    """Where the last convolution sees what speaks for fake, never below 0; None without a convolution."""
    from captum.attr import LayerAttribution, LayerGradCam

    layers = [layer for layer in detector.encoders["audio"].modules() if isinstance(layer, nn.Conv2d)]
    if not layers:
        return None
    found = LayerGradCam(logits_of(detector), layers[-1]).attribute(
        features.clone().requires_grad_(), relu_attributions=True
    )
    return _as_map(LayerAttribution.interpolate(found, tuple(features.shape[-2:]), "bilinear"))


def faithfulness(detector: Detector, features: Tensor, found: Map, *, seed: int = 0) -> Faithfulness:
    """How well a map of integrated gradients predicts the score when parts of the crop are taken away."""
    rng = np.random.default_rng(seed)
    order = np.argsort(-found, axis=None, kind="stable")
    orders = [rng.permutation(found.size) for _ in range(3)]
    areas = {
        start: [_area(detector, features, each, deleting=start == "deletion") for each in (order, *orders)]
        for start in ("deletion", "insertion")
    }
    other = integrated_gradients(with_random_weights(detector, seed), features)
    correlation = float(spearmanr(found, other, axis=None).statistic)
    return Faithfulness(
        deletion=areas["deletion"][0],
        random_deletion=float(np.mean(areas["deletion"][1:])),
        insertion=areas["insertion"][0],
        random_insertion=float(np.mean(areas["insertion"][1:])),
        random_weights_correlation=None if np.isnan(correlation) else correlation,
    )


def with_random_weights(detector: Detector, seed: int) -> Detector:
    """A copy with every layer that has weights initialised again; the features stay."""
    other = copy.deepcopy(detector)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in other.modules():
            if callable(reset := getattr(module, "reset_parameters", None)):
                reset()
    return other.eval()


def logits_of(detector: Detector) -> Callable[[Tensor], Tensor]:
    """(clip, bin, frame) -> (clip,) logits."""

    def logits(features: Tensor) -> Tensor:
        result = detector({"audio": features})
        assert isinstance(result, Tensor)
        return result

    return logits


def silence_like(features: Tensor) -> Tensor:
    """A crop of the same shape whose every value is the lowest of `features`."""
    return torch.full_like(features, float(features.min()))


def _area(detector: Detector, features: Tensor, order: NDArray[np.intp], *, deleting: bool) -> float:
    """The mean score while the points of `order` are replaced by silence one share after the other."""
    whole, silence = features.flatten(), silence_like(features).flatten()
    before, after = (whole, silence) if deleting else (silence, whole)
    versions = []
    for share in np.linspace(0, 1, _NUM_SHARES):
        changed = before.clone()
        chosen = torch.from_numpy(order[: round(share * len(order))]).to(changed.device)
        changed[chosen] = after[chosen]
        versions.append(changed.reshape(features.shape[1:]))
    with torch.inference_mode():
        return float(torch.sigmoid(logits_of(detector)(torch.stack(versions))).mean())


def _as_map(found: Tensor) -> Map:
    """(1, ..., bin, frame) -> (bin, frame); other dimensions are summed."""
    values = found.detach().double().cpu().numpy()
    summed: Map = values.reshape(-1, *values.shape[-2:]).sum(axis=0)
    return summed
