"""Draws talking faces whose mouth follows the sound, and the traces that edits leave on them.

Colours and shapes are drawn at random per identity; they do not depend on race or gender.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

_SIZE = 224
_SWAY = 6  # pixels that the picture moves to each side, at most
_DRAWN = _SIZE + 2 * _SWAY


@dataclass(frozen=True, kw_only=True)
class Face:
    """The appearance of one person; lengths in pixels, colours RGB."""

    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    iris: tuple[int, int, int]
    wall: tuple[int, int, int]
    width: int  # half axes of the head
    height: int
    eyes_apart: int
    mouth_width: int
    fringe: int  # how far the hair comes down


def draw_face(rng: np.random.Generator) -> Face:
    """Draws the appearance of a person."""
    return Face(
        skin=_colour(rng, 120, 235),
        hair=_colour(rng, 20, 150),
        iris=_colour(rng, 20, 120),
        wall=_colour(rng, 60, 220),
        width=int(rng.integers(46, 60)),
        height=int(rng.integers(62, 78)),
        eyes_apart=int(rng.integers(18, 27)),
        mouth_width=int(rng.integers(14, 24)),
        fringe=int(rng.integers(12, 28)),
    )


def frames(
    face: Face,
    envelope: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    edit: str = "",
    other: Face | None = None,
) -> Iterator[NDArray[np.uint8]]:
    """Yields one (224, 224, 3) RGB picture per value of `envelope`, the mouth's opening from 0 to 1.

    `edit` names the traces, joined by "-": "faceswap" blends the inner face of `other` in, "fsgan"
    blurs and tints the face, "wav2lip" redraws the mouth at a coarser resolution.
    """
    steps = rng.normal(0, 0.5, (len(envelope), 2))
    sway = np.rint(_SWAY * np.tanh(np.cumsum(steps, axis=0) / _SWAY)).astype(np.int64) + _SWAY
    blinks = set(rng.choice(len(envelope), max(1, len(envelope) // 60)))
    tint = rng.uniform(-14, 14, 3).astype(np.float32)
    drawn: dict[tuple[int, bool], NDArray[np.uint8]] = {}  # mouths that look alike share one
    for number, opened in enumerate(envelope):
        pose = (1 + 2 * round(6 * opened), number in blinks)
        if pose not in drawn:
            drawn[pose] = _picture(face, *pose, edit.split("-"), other, tint)
        left, top = sway[number]
        yield np.ascontiguousarray(drawn[pose][top : top + _SIZE, left : left + _SIZE])


def mouth_envelope(waveform: NDArray[np.float64], rate_hz: int, frame_rate_hz: int) -> NDArray[np.float64]:
    """(sample,) -> (frame,) RMS of the sound of each frame, relative to the loudest frame."""
    hop = rate_hz / frame_rate_hz
    num_frames = round(len(waveform) / hop)
    edges = np.round(np.arange(num_frames) * hop).astype(np.int64)
    power = np.add.reduceat(waveform**2, edges)
    return np.asarray(np.sqrt(power / power.max()))


def _picture(
    face: Face, opened: int, blinking: bool, marks: list[str], other: Face | None, tint: NDArray[np.float32]
) -> NDArray[np.uint8]:
    picture = _head(face).copy()
    _features(picture, face, opened, blinking)
    if "faceswap" in marks and other is not None:
        swapped = _head(other).copy()
        _features(swapped, other, opened, blinking)
        matched = swapped + 0.7 * (np.array(face.skin) - np.array(other.skin))  # as swappers match colours
        picture = _blended(picture, matched.astype(np.float32), 0.85)
    if "fsgan" in marks:
        picture = _blended(picture, cv2.GaussianBlur(picture, (0, 0), 1.6) + tint, 0.9)
    if "wav2lip" in marks:
        _coarse_mouth(picture, face)
    return picture


def _colour(rng: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(low, high, 3))
    return red, green, blue


def _point(x: float, y: float) -> tuple[int, int]:
    return round(_DRAWN / 2 + x), round(_DRAWN / 2 + 6 + y)


@lru_cache(maxsize=8)
def _head(face: Face) -> NDArray[np.uint8]:
    """The wall, the shoulders, the hair and the head without facial features."""
    rows = np.linspace(0.75, 1.1, _DRAWN)[:, None, None] * np.array(face.wall)
    wall = np.broadcast_to(rows, (_DRAWN, _DRAWN, 3))
    picture: NDArray[np.uint8] = np.clip(wall, 0, 255).astype(np.uint8)
    cv2.ellipse(picture, _point(0, 120), (90, 60), 0, 0, 360, face.hair[::-1], -1, cv2.LINE_AA)
    cv2.ellipse(
        picture, _point(0, -8), (face.width + 6, face.height + 4), 0, 0, 360, face.hair, -1, cv2.LINE_AA
    )
    cv2.ellipse(picture, _point(0, 0), (face.width, face.height), 0, 0, 360, face.skin, -1, cv2.LINE_AA)
    top = (face.width, face.fringe)
    cv2.ellipse(picture, _point(0, -face.height + face.fringe), top, 0, 180, 360, face.hair, -1, cv2.LINE_AA)
    return picture


def _features(picture: NDArray[np.uint8], face: Face, opened: int, blinking: bool) -> None:
    dark = tuple(int(0.7 * value) for value in face.skin)
    for side in (-1, 1):
        eye = _point(side * face.eyes_apart, -18)
        cv2.ellipse(picture, eye, (9, 1 if blinking else 6), 0, 0, 360, (245, 245, 245), -1, cv2.LINE_AA)
        if not blinking:
            cv2.circle(picture, eye, 4, face.iris, -1, cv2.LINE_AA)
        brow = _point(side * face.eyes_apart, -30)
        cv2.ellipse(picture, brow, (12, 4), 0, 180, 360, face.hair, 2, cv2.LINE_AA)
    cv2.line(picture, _point(0, -8), _point(4, 10), dark, 2, cv2.LINE_AA)
    cv2.ellipse(picture, _point(0, 32), (face.mouth_width, opened), 0, 0, 360, (150, 40, 60), -1, cv2.LINE_AA)
    inner = (face.mouth_width - 4, max(opened - 4, 0))
    cv2.ellipse(picture, _point(0, 32), inner, 0, 0, 360, (50, 10, 20), -1, cv2.LINE_AA)


def _blended(
    below: NDArray[np.uint8], above: NDArray[np.floating] | NDArray[np.uint8], share: float
) -> NDArray[np.uint8]:
    """`above` inside a soft oval over the inner face, `below` outside it."""
    oval = np.zeros((_DRAWN, _DRAWN), np.float32)
    cv2.ellipse(oval, _point(0, 4), (42, 50), 0, 0, 360, share, -1)
    soft = cv2.GaussianBlur(oval, (0, 0), 5)[..., None]
    return np.asarray(np.clip(below * (1 - soft) + above * soft, 0, 255), np.uint8)


def _coarse_mouth(picture: NDArray[np.uint8], face: Face) -> None:
    """The box around the mouth at a third of its resolution, a little brighter, in place."""
    left, top = _point(-face.mouth_width - 8, 12)
    right, bottom = _point(face.mouth_width + 8, 54)
    box = picture[top:bottom, left:right]
    small = cv2.resize(box, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    again = cv2.resize(small, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    picture[top:bottom, left:right] = np.clip(again.astype(np.int16) + 6, 0, 255).astype(np.uint8)
