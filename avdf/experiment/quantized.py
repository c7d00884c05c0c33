"""An 8-bit export of a run's detector, and what it costs: AUC of the run's test clips before and after."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avdf.config.schema import SplitConfig
from avdf.data.dataset import LabelledClips
from avdf.data.even_crops import EvenCrops
from avdf.detection.answers import sigmoid
from avdf.detection.onnx_file import OnnxScorer, open_session
from avdf.detection.prediction import Scorer
from avdf.detection.quantization import quantize_int8
from avdf.errors import UserError
from avdf.evaluation.metrics import binary_metrics
from avdf.experiment.data import load_data
from avdf.experiment.record import data_hash_of
from avdf.experiment.settings import check_data_is_there
from avdf.files import atomic_file
from avdf.run_folder import RunFolder

_MOST_TRAIN, _MOST_TEST = 200, 1000  # clips
_CROPS_AT_ONCE = 16


@dataclass(frozen=True)
class Cost:
    """AUC of `num_clips` test clips, by the export in 32 bits and in 8; the largest change of a score."""

    auc_float32: float
    auc_int8: float
    largest_change: float
    num_clips: int


def quantize_of_run(run: RunFolder, file: Path) -> Cost:
    """Replaces `file`, an export of the run's detector, by one in 8 bits.

    The ranges are measured on up to 200 training clips, the cost on up to 1,000 test clips, one crop of each
    from its middle. Raises UserError if the run's data is not there.
    """
    config = run.config()
    if config.data.sources:
        raise UserError("--quantize: the run has several corpora (data.sources); it is measured on one alone")
    check_data_is_there(config.data.root, run, "data.root")
    as_split = SplitConfig(name="file", path=str(run.split_csv))
    config = replace(config, data=replace(config.data, split=as_split))
    splits = load_data(config, data_hash=data_hash_of(run)).splits
    train, test = _some(splits["train"], _MOST_TRAIN), _some(splits["test"], _MOST_TEST)
    crops = _middles(test)
    before = _scores(OnnxScorer(open_session(file)), crops)
    with atomic_file(file) as small:
        quantize_int8(file, small, _middles(train))
        after = _scores(OnnxScorer(open_session(small)), crops)
    return Cost(
        auc_float32=binary_metrics(test.is_fake, before, 0.5)["auc"],
        auc_int8=binary_metrics(test.is_fake, after, 0.5)["auc"],
        largest_change=float(np.abs(after - before).max()),
        num_clips=len(test),
    )


def _some(clips: LabelledClips, most: int) -> LabelledClips:
    chosen = np.linspace(0, len(clips) - 1, min(len(clips), most)).round().astype(np.intp)
    return clips.selected(chosen)


def _middles(clips: LabelledClips) -> NDArray[np.float32]:
    """(clip, sample)"""
    crops = EvenCrops([clips], num_crops=1)
    return np.stack([crops[int(place)]["waveform"] for place in crops.places[0, :, 0]])


def _scores(scorer: Scorer, crops: NDArray[np.float32]) -> NDArray[np.float64]:
    batches = [crops[first : first + _CROPS_AT_ONCE] for first in range(0, len(crops), _CROPS_AT_ONCE)]
    return sigmoid(np.concatenate([scorer(batch) for batch in batches]))
