"""What a shard is filled from: a decoder of files, or anything else that gives samples by name."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from avdf.data.recordings.measurement import ClipMeasurement


class SampleSource(Protocol):
    """Gives (sample,) 16-bit mono, and what MediaInfo says of a clip, as a dict. Raises MediaError."""

    def read(self, path: Path) -> tuple[NDArray[np.int16], dict[str, Any]]:
        """The samples and facts of a clip."""
        ...

    def read_and_measure(self, path: Path) -> tuple[NDArray[np.int16], dict[str, Any], ClipMeasurement]:
        """As `read`, and the measurement of the samples."""
        ...

    def measure(self, path: Path, samples: NDArray[np.int16]) -> ClipMeasurement:
        """The measurement of samples that were read earlier."""
        ...
