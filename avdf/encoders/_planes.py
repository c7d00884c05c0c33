"""Features as the planes that two-dimensional convolutions take, checked against what an encoder expects."""

from torch import Tensor


def as_planes(features: Tensor, num_planes: int, num_bins: int) -> Tensor:
    """(clip, bin, frame) or (clip, plane, bin, frame) -> the latter. Raises ValueError for other sizes."""
    planes = features.unsqueeze(1) if features.dim() == 3 else features
    if planes.shape[2] != num_bins:
        raise ValueError(f"num_bins is {num_bins}, the features have {planes.shape[2]}")
    if planes.shape[1] != num_planes:
        raise ValueError(f"num_planes is {num_planes}, the features have {planes.shape[1]}")
    return planes
