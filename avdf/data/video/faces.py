"""Where the face is in each picture of a clip: found in each, smoothed over time, a square around it."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels
FindFace = Callable[[NDArray[np.uint8]], Box | None]  # (height, width, 3) RGB -> the face, if there is one
_SHORT_SIDE = 320  # pixels that a picture is searched at; the smallest face found has a quarter of them
_REACH = 2  # frames before and after that a box is the mean of
_MARGIN = 1.3  # side of the square: forehead, chin and the edges of a swapped face are outside the box


def hog_face(picture: NDArray[np.uint8]) -> Box | None:
    """The largest frontal face by dlib's detector, or None (extra `faces`).

    Histograms of oriented gradients and a linear classifier, as Dalal and Triggs (CVPR 2005) and King (arXiv
    1502.00046); its weights are part of the package dlib.
    """
    import cv2

    scale = _SHORT_SIDE / min(picture.shape[:2])
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    found = [(box.left(), box.top(), box.right(), box.bottom()) for box in _detector()(grey, 0)]
    if not found:
        return None
    left, top, right, bottom = max(found, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
    return left / scale, top / scale, right / scale, bottom / scale


def smoothed(boxes: Sequence[Box | None]) -> NDArray[np.float64] | None:
    """(frame, 4) a box per frame: the mean of those up to two frames away; None if no frame has a face.

    A frame without a face takes a box between those of its neighbours, at the ends that of the nearest.
    """
    known = [number for number, box in enumerate(boxes) if box is not None]
    if not known:
        return None
    found = np.array([box for box in boxes if box is not None], dtype=np.float64)
    frames = np.arange(len(boxes))
    filled = np.stack([np.interp(frames, known, side) for side in found.T], axis=1)
    return np.stack([filled[max(at - _REACH, 0) : at + _REACH + 1].mean(axis=0) for at in frames])


def square_around(box: Sequence[float], height: int, width: int) -> tuple[int, int, int]:
    """Left, top and side of the square around a box, 1.3 times its longer side, moved into the picture.

    >>> square_around((40, 40, 60, 60), 100, 100)
    (37, 37, 26)
    >>> square_around((90, 0, 110, 20), 100, 200)
    (87, 0, 26)
    """
    left, top, right, bottom = box
    side = min(max(round(_MARGIN * max(right - left, bottom - top)), 1), height, width)
    first = [round((low + high - side) / 2) for low, high in ((left, right), (top, bottom))]
    return min(max(first[0], 0), width - side), min(max(first[1], 0), height - side), side


@lru_cache(maxsize=1)
def _detector() -> Any:
    import dlib

    return dlib.get_frontal_face_detector()
