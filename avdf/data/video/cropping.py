"""The frames of a file as `data.frames.crop` says: whole pictures, or the square around the face."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.config.schema import FramesConfig
from avdf.data.audio.frames import fitted_frames, read_frames, resized
from avdf.data.video.faces import Box, FindFace, hog_face, smoothed, square_around


def cropped_frames(
    path: Path, start_s: float, count: int, per_second: float, **settings: Any
) -> tuple[NDArray[np.uint8], list[Box | None] | None]:
    """(count, 3, height, width) the pictures at `start_s`, `start_s` + 1 / `per_second`, ... of the file.

    With `crop` face also the box found in each, None where there is none; else None. `settings` are others of
    FramesConfig. Raises MediaError.
    """
    times_s = start_s + np.arange(count) / per_second
    config = FramesConfig(per_second=per_second, **settings)
    if config.crop == "face":
        return face_frames(path, times_s, config)
    return read_frames(path, times_s, config), None


def face_frames(
    path: Path, times_s: NDArray[np.float64], config: FramesConfig, find: FindFace = hog_face
) -> tuple[NDArray[np.uint8], list[Box | None]]:
    """The square around the face at `times_s`, and the boxes found; whole pictures if no frame has a face.

    The file is decoded twice, since the boxes are smoothed over time before any frame is cut. Raises
    MediaError.
    """
    size, boxes = (config.height, config.width), list[Box | None]()

    def search(picture: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
        boxes.append(find(picture))
        return resized(picture, size)

    whole = fitted_frames(path, times_s, search)
    places = smoothed(boxes)
    if places is None:
        return whole, boxes

    def cut(picture: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
        left, top, side = square_around(places[number].tolist(), *picture.shape[:2])
        return resized(np.ascontiguousarray(picture[top : top + side, left : left + side]), size)

    return fitted_frames(path, times_s, cut), boxes
