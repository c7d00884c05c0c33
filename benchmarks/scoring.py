"""Times the scoring of validation and test after a training, against scoring every clip apart.

    python benchmarks/scoring.py configs/audio_cnn.yaml data.root=FakeAVCeleb_v1.2 [--share 0.2]

Four ways take turns on the same share of the clips, with the weights a training begins with:

- before: validation and test, each with its start and without, in passes of evaluation.batch_size crops.
- small passes: the same crops, in passes of as few crops as avdf takes, several at a time.
- distinct crops: equal crops of a clip once, and the starts cut off in test alone.
- shared sounds: what a training does; clips with identical samples are scored once, too.

The last two differ where a corpus holds copies of a file's sound that were not encoded again. Printed are the
seconds by the clock and of the processors, and by how much a score differs from that of the first way.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from accelerate import Accelerator

from avdf.config.schema import Config
from avdf.data.batches import read_batches
from avdf.data.dataset import LabelledClips
from avdf.data.even_crops import EvenCrops
from avdf.detector import Detector
from avdf.evaluation.scores import START_S
from avdf.experiment.data import load_data
from avdf.experiment.run import new_detector
from avdf.experiment.settings import load_experiment
from avdf.features import _mel
from avdf.scoring import crop_logits, whole_scores

Splits = dict[str, LabelledClips]
Scores = dict[tuple[str, bool], np.ndarray]  # by split and whether the start is cut off


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", metavar="CONFIG")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    parser.add_argument("--share", type=float, default=1.0, help="of the clips of each split")
    arguments = parser.parse_args()
    config = load_experiment(arguments.config, arguments.overrides)
    detector, data = new_detector(config).eval(), load_data(config)
    splits = {}
    for name in ("validation", "test"):
        clips = data.splits[name]
        chosen = np.random.default_rng(0).permutation(len(clips))[: round(arguments.share * len(clips))]
        splits[name] = clips.selected(np.sort(chosen))
    num_clips = sum(map(len, splits.values()))
    print(f"{num_clips} clips, {config.evaluation.num_crops} crops each, {torch.get_num_threads()} threads")
    ways = {"before": before, "small passes": small_passes, "distinct crops": distinct_crops}
    if not config.model.reads_frames:
        ways["shared sounds"] = shared_sounds
    compare(ways, detector, splits, config)


def compare(
    ways: dict[str, Callable[[Detector, Splits, Config], tuple[Scores, int]]],
    detector: Detector,
    splits: Splits,
    config: Config,
) -> None:
    print("| way | crops | clock | processors | ratio of processors | largest difference of a score |")
    print("|---|---|---|---|---|---|")
    first: tuple[float, Scores] | None = None
    for name, way in ways.items():
        clock_s, processor_s = time.perf_counter(), time.process_time()
        scores, num_crops = way(detector, splits, config)
        clock_s, processor_s = time.perf_counter() - clock_s, time.process_time() - processor_s
        first = first or (processor_s, scores)
        differs = max(np.abs(scores[key] - first[1][key]).max() for key in scores)
        ratio = first[0] / processor_s
        print(
            f"| {name} | {num_crops} | {clock_s:.1f} s | {processor_s:.1f} s | {ratio:.1f} | {differs:.1e} |"
        )


def before(detector: Detector, splits: Splits, config: Config) -> tuple[Scores, int]:
    scores, num_crops, size = {}, config.evaluation.num_crops, config.evaluation.batch_size
    for name, clips in splits.items():
        for cut in (False, True):
            crops = EvenCrops([clips.without_start(START_S) if cut else clips], num_crops=num_crops)
            items = crops.places.ravel().tolist()
            batches = [items[start : start + size] for start in range(0, len(items), size)]
            with torch.inference_mode(), _spectra_of_whole_batches():
                logits = torch.cat(
                    [detector(detector.extract(batch)) for batch in read_batches(crops, batches, 0)]
                )
            means = logits.double().reshape(len(clips), num_crops).mean(dim=1)
            scores[name, cut] = torch.sigmoid(means).numpy()
    return scores, num_crops * 2 * sum(map(len, splits.values()))


@contextmanager
def _spectra_of_whole_batches() -> Iterator[None]:
    before, _mel._CLIPS_AT_ONCE = _mel._CLIPS_AT_ONCE, 1 << 30
    try:
        yield
    finally:
        _mel._CLIPS_AT_ONCE = before


def small_passes(detector: Detector, splits: Splits, config: Config) -> tuple[Scores, int]:
    scores, rule = {}, config.evaluation
    for name, clips in splits.items():
        for cut in (False, True):
            crops = EvenCrops([clips.without_start(START_S) if cut else clips], num_crops=rule.num_crops)
            logits = crop_logits(detector, crops, batch_size=rule.batch_size, accelerator=Accelerator())
            [scores[name, cut]] = whole_scores(logits, rule.whole)
    return scores, rule.num_crops * 2 * sum(map(len, splits.values()))


def distinct_crops(detector: Detector, splits: Splits, config: Config) -> tuple[Scores, int]:
    return _as_in_a_training(detector, splits, config, share_sounds=False)


def shared_sounds(detector: Detector, splits: Splits, config: Config) -> tuple[Scores, int]:
    return _as_in_a_training(detector, splits, config, share_sounds=True)


def _as_in_a_training(
    detector: Detector, splits: Splits, config: Config, *, share_sounds: bool
) -> tuple[Scores, int]:
    scores, num_crops = {}, 0
    for name, clips in splits.items():
        views = [clips, clips.without_start(START_S)] if name == "test" else [clips]
        crops = EvenCrops(views, num_crops=config.evaluation.num_crops, share_sounds=share_sounds)
        logits = crop_logits(
            detector, crops, batch_size=config.evaluation.batch_size, accelerator=Accelerator()
        )
        of_views = whole_scores(logits, config.evaluation.whole)
        scores |= {(name, bool(cut)): values for cut, values in enumerate(of_views)}
        num_crops += len(crops)
    return scores, num_crops


if __name__ == "__main__":
    main()
