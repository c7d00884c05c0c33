"""A detector that sees: crops of sound and picture -> the logits of the whole, and of each modality."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.config.schema import FramesConfig
from avdf.data.audio.stored import Samples, after
from avdf.data.video.rate import middles, nearest_frames
from avdf.detection.crops import Crops, crop_of
from avdf.detector import Detector, reads_steps
from avdf.passes import score_batch

SCORE = "score"
_MOST_CROPS, _MOST_BYTES = 64, 64 << 20  # at a time
_SOURCES = {"audio": "waveform", "video": "frames"}


@dataclass(frozen=True)
class Eyes:
    """A detector with a video encoder, on its device, and the frames that it was trained with."""

    detector: Detector
    frames: FramesConfig
    device: torch.device

    @property
    def modalities(self) -> tuple[str, ...]:
        """What it reads: audio, video or both."""
        return tuple(self.detector.encoders)

    @property
    def compares(self) -> bool:
        """Whether it judges how sound and picture agree, so that it needs both."""
        return reads_steps(self.detector.fusion)

    def logits(
        self, samples: Samples, info: Mapping[str, Any], crops: Crops
    ) -> dict[str, NDArray[np.float64]]:
        """(crop,) logits by name: `score`, and of what the file has `score_audio_alone`, `score_audio`, ....

        `info` is that of `heard_and_seen`. Raises UserError if a logit is NaN or infinite.
        """
        has = {"audio": not info["unheard"], "video": info["frames"] is not None}
        there = [name for name in self.modalities if has[name]]
        parts = {SCORE: (self.detector, there), **self._parts(there)}
        found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in parts}
        for batch in self._batches(samples, info, crops):
            for name, (part, modalities) in parts.items():
                given = {_SOURCES[modality]: batch[_SOURCES[modality]] for modality in modalities}
                found[name].append(score_batch(part, given, self.device).double().numpy())
        return {name: np.concatenate(batches) for name, batches in found.items()}

    def _parts(self, there: list[str]) -> dict[str, tuple[Detector, list[str]]]:
        """The detector given one modality, and the head of each, for the modalities that a file has."""
        if len(self.modalities) < 2 or self.compares:
            return {}
        heads = [name for name in there if name in self.detector.heads]
        return {
            **{f"score_{name}_alone": (self.detector.alone(name), [name]) for name in there},
            **{f"score_{name}": (self.detector.head(name), [name]) for name in heads},
        }

    def _batches(
        self, samples: Samples, info: Mapping[str, Any], crops: Crops
    ) -> Iterator[dict[str, torch.Tensor]]:
        """`waveform` and, of a file with a picture, `frames` of some crops at a time."""
        usable, frames = after(samples, crops.num_skipped), info["frames"]
        crop_bytes = 4 * crops.num_samples + self.frames.num_frames * self.frames.frame_bytes
        size = min(_MOST_CROPS, max(_MOST_BYTES // crop_bytes, 1))
        for first in range(0, len(crops.starts), size):
            starts = crops.starts[first : first + size].tolist()
            waveforms = [crop_of(usable, start, crops.num_samples) for start in starts]
            batch = {"waveform": torch.from_numpy(np.stack(waveforms))}
            if frames is not None:
                chosen = [frames[self._places(start, len(usable), len(frames), crops)] for start in starts]
                batch["frames"] = torch.from_numpy(np.stack(chosen))
            yield batch

    def _places(self, start: int, num_usable: int, num_kept: int, crops: Crops) -> NDArray[np.int64]:
        """(frame,) which of the kept frames a crop has: as in LabelledClips.sample."""
        middle = (start + middles(crops.num_samples, self.frames.num_frames)) % num_usable
        seconds = (crops.num_skipped + middle) / crops.rate_hz
        return nearest_frames(seconds, self.frames.per_second, num_kept)
