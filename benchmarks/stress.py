"""Cost of the stress test of a run beside that of scoring its test split once:

    OMP_NUM_THREADS=1 python benchmarks/stress.py RUN

CPU seconds of one process. A run scores its test split once at its end: each clip, with and without its first
150 ms.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from avdf.config.schema import SplitConfig
from avdf.detector_folder import load_detector
from avdf.experiment.data import load_data
from avdf.experiment.machine import new_accelerator
from avdf.experiment.scores import score_split
from avdf.run_folder import RunFolder
from avdf.stress.conditions import CONDITIONS
from avdf.stress.sample import sampled
from avdf.stress.scoring import HowToScore, scores_through


def main() -> None:
    torch.set_num_threads(1)
    run = RunFolder(Path(sys.argv[1]))
    config = run.config()
    split = SplitConfig(name="file", path=str(run.split_csv))
    config = replace(config, data=replace(config.data, split=split))
    detector, facts = load_detector(run.detector)
    data = load_data(config)
    test = data.splits["test"]
    heard = sampled(test, test.table["voice"].to_numpy(object), facts.seed)
    print(f"{len(test)} test clips, {len(heard)} recordings of {heard.table['voice'].nunique()} people")

    start = time.process_time()
    accelerator = new_accelerator(config, None)
    score_split(config, detector, data, "test", accelerator)
    once_s = time.process_time() - start

    how = HowToScore(num_crops=facts.num_crops, batch_size=64, device=torch.device("cpu"))
    taken_s, last = {}, time.process_time()
    for condition, scores in scores_through(detector, heard, CONDITIONS, how, seed=facts.seed):
        assert np.isfinite(scores).all()
        taken_s[condition.name], last = time.process_time() - last, time.process_time()
    total_s = sum(taken_s.values())
    print(f"scoring the test split once: {once_s:.1f} s")
    print(f"stress test: {total_s:.1f} s, {total_s / once_s:.1f} times as much")
    slowest = sorted(taken_s, key=lambda name: -taken_s[name])[:6]
    print("slowest:", ", ".join(f"{name} {taken_s[name] / total_s:.0%}" for name in slowest))


if __name__ == "__main__":
    main()
