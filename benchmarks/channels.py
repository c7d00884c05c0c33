"""What channels cost in training: OMP_NUM_THREADS=1 python benchmarks/channels.py [ROOT]

CPU seconds of an epoch of configs/audio_cnn.yaml on the same clips: as recorded, with every crop read from
copies through ten channels (data.channel_copies), and with noise, rooms, bands and codecs applied to crops
while they are read (model.augment). Rounds alternate; the median of each. ROOT is a FakeAVCeleb folder, by
default the demo data.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from accelerate import Accelerator

from avdf.config.schema import Config
from avdf.experiment.channels import with_channel_copies
from avdf.experiment.data import ExperimentData, load_data
from avdf.experiment.run import new_detector, train
from avdf.experiment.settings import load_experiment

CONFIG = Path(__file__).parents[1] / "configs" / "audio_cnn.yaml"
NUM_ROUNDS, EPOCHS = 3, 2
COPIES = """[
  {name: gain, db: {min: -12, max: 6}},
  {name: noise, snr_db: {min: 12, max: 45}, fall_db_per_octave: {min: 0, max: 3}},
  {name: babble, snr_db: {min: 15, max: 40}},
  {name: reverb, rt60_s: {min: 0.15, max: 0.6}},
  {name: band_limit, high_pass_hz: {min: 100, max: 400}, low_pass_hz: {min: 3000, max: 7000}},
  {name: resample, rate_hz: {min: 8000, max: 14000}},
  {name: codec, codec: {of: [mp3, aac, opus]}, kbit_per_s: {min: 16, max: 64}},
  {name: codec, codec: {of: [mu_law, g726, amr_nb]}},
  {name: packet_loss, share: {min: 0.01, max: 0.1}},
  {name: speed, factor: {min: 0.93, max: 1.07}}]"""
AUGMENTATIONS = (
    *("noise={probability: 0.3}", "reverb={probability: 0.3}", "band_limit={probability: 0.3}"),
    "codec={probability: 0.5}",
)


def main() -> None:
    root = sys.argv[1] if len(sys.argv) > 1 else "demo"
    with tempfile.TemporaryDirectory() as folder:
        words = [f"data.root={root}", f"data.cache={folder}", f"train.epochs={EPOCHS}", "data.workers=0"]
        kinds = {
            "as recorded": words,
            "from copies": [*words, f"data.channel_copies.channels={COPIES}", "data.channel_copies.share=1"],
            "augmented": [*words, *(f"model.augment.{augment}" for augment in AUGMENTATIONS)],
        }
        configs = {kind: load_experiment(CONFIG, of_kind) for kind, of_kind in kinds.items()}
        data = {kind: load_data(config) for kind, config in configs.items()}
        print(f"making the copies once: {copies_s(configs['from copies'], data['from copies']):.1f} s")
        rounds = [{kind: epoch_s(configs[kind], data[kind]) for kind in kinds} for _ in range(NUM_ROUNDS)]
    for kind in kinds:
        taken_s = statistics.median(one[kind] for one in rounds)
        ratio = statistics.median(one[kind] / one["as recorded"] for one in rounds)
        print(f"{kind:12} {taken_s:6.2f} s per epoch, {ratio:.2f} times as recorded")


def copies_s(config: Config, data: ExperimentData) -> float:
    """Wall seconds, with as many processes as cores."""
    start = time.perf_counter()
    with_channel_copies(data.splits["train"], config.data, data.could_train)
    return time.perf_counter() - start


def epoch_s(config: Config, data: ExperimentData) -> float:
    """CPU seconds of an epoch of training, its validation included."""
    detector = new_detector(config)
    start = time.process_time()
    train(config, detector, data, Accelerator(cpu=True))
    return (time.process_time() - start) / EPOCHS


if __name__ == "__main__":
    main()
