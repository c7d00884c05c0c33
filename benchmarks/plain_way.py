"""The training that a user would otherwise write: ffmpeg to wav, a torch Dataset, torchaudio, every clip.

    python benchmarks/plain_way.py ROOT RUN OUT [--share 0.02] [--epochs 60] [--seed 0]

ROOT is a FakeAVCeleb folder, RUN a run of avdf on it: its split and the labels of its clips are used, so
that both ways train, choose and test on the same people. The ffmpeg program turns each file into a wav; each
epoch trains on a random 3 s of every training clip and scores every validation clip; the epoch with the
best F2 is kept, and its threshold is used on every test clip. The network and its settings are those of
configs/audio_cnn.yaml, written out in plain torch; two processes read the batches. With --share a random
part of the clips is used, and the time of the whole is that of the part, scaled by counts: OUT/times.json
has both. OUT/scores.csv has the test scores.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torchaudio
from scipy.io import wavfile
from sklearn.metrics import precision_recall_curve
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

RATE_HZ = 16000
NUM_SAMPLES = 3 * RATE_HZ
BATCH_SIZE = 16


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path, metavar="ROOT")
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--share", type=float, default=1.0, help="of the clips that is used")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    whole = pd.read_csv(arguments.run / "clips.csv").merge(
        pd.read_csv(arguments.run / "split.csv"), on="clip"
    )
    clips = whole.sample(frac=arguments.share, random_state=arguments.seed).reset_index(drop=True)
    spent = {"convert": 0.0, "train": 0.0, "validation": 0.0, "test": 0.0}
    started = time.perf_counter()
    for number, clip in enumerate(clips["clip"]):
        convert(arguments.root / clip, arguments.out / f"{number}.wav")
    spent["convert"] = time.perf_counter() - started
    parts = {
        name: Clips(clips[clips["split"] == name], arguments.out) for name in ("train", "validation", "test")
    }
    scores = train_and_test(parts, arguments.epochs, spent)
    scores.to_csv(arguments.out / "scores.csv", index=False)
    counts = {"convert": (len(whole), len(clips))} | {
        name: (int((whole["split"] == name).sum()), len(part)) for name, part in parts.items()
    }
    scaled = {name: spent[name] * counts[name][0] / counts[name][1] for name in spent}
    times = {"measured_s": spent, "whole_s": scaled, "whole_in_all_s": sum(scaled.values()), "counts": counts}
    (arguments.out / "times.json").write_text(json.dumps(times, indent=2))
    print(json.dumps(times))


def convert(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [
        "ffmpeg",
        "-y",
        "-loglevel",
        "error",
        "-i",
        str(source),
        "-vn",
        "-ac",
        "1",
        "-ar",
        str(RATE_HZ),
    ]
    subprocess.run([*command, str(target)], check=True)


class Clips(Dataset[tuple[Tensor, float]]):
    """A wav for each row, named by its number; random crops if `random`, else the middle."""

    def __init__(self, table: pd.DataFrame, folder: Path) -> None:
        self.table, self.folder = table, folder
        self.mel = torchaudio.transforms.MelSpectrogram(RATE_HZ, n_fft=512, hop_length=160, n_mels=64)
        self.db = torchaudio.transforms.AmplitudeToDB()
        self.random = False

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, number: int) -> tuple[Tensor, float]:
        _, samples = wavfile.read(self.folder / f"{self.table.index[number]}.wav")
        samples = np.pad(samples, (0, max(0, NUM_SAMPLES - len(samples))), mode="wrap")
        spare = len(samples) - NUM_SAMPLES
        start = int(torch.randint(spare + 1, ())) if self.random else spare // 2
        waveform = torch.from_numpy(samples[start : start + NUM_SAMPLES].astype(np.float32) / 32768)
        features = self.db(self.mel(waveform))
        features = (features - features.mean()) / (features.std() + 1e-3)
        return features, float(self.table["audio_fake"].iloc[number])


def network() -> nn.Module:
    """The three blocks of configs/audio_cnn.yaml, averaged over time and frequency, and a linear layer."""
    layers: list[nn.Module] = []
    for num_in, num_out, kernel in ((1, 16, 5), (16, 32, 3), (32, 64, 3)):
        layers += [
            nn.Conv2d(num_in, num_out, kernel, stride=2, padding=kernel // 2),
            nn.ReLU(),
            nn.BatchNorm2d(num_out),
            nn.Dropout(0.25),
        ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 1))


def train_and_test(parts: dict[str, Clips], epochs: int, spent: dict[str, float]) -> pd.DataFrame:
    """The scores of every test clip at the best epoch, with the threshold chosen on validation."""
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    parts["train"].random = True
    batches = loader(parts["train"], shuffle=True)
    validation = loader(parts["validation"])
    labels = parts["validation"].table["audio_fake"].to_numpy()
    best: tuple[float, float, dict[str, Tensor]] = (-1.0, 0.5, {})
    for _ in range(epochs):
        started = time.perf_counter()
        model.train()
        for features, is_fake in batches:
            loss = nn.functional.binary_cross_entropy_with_logits(
                model(features.unsqueeze(1)).squeeze(1), is_fake.float()
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
        spent["train"] += time.perf_counter() - started
        started = time.perf_counter()
        f2, threshold = best_f2(labels, scores_of(model, validation))
        if f2 > best[0]:
            best = f2, threshold, {name: value.clone() for name, value in model.state_dict().items()}
        spent["validation"] += time.perf_counter() - started
    started = time.perf_counter()
    model.load_state_dict(best[2])
    table = parts["test"].table[["clip", "voice", "audio_fake"]]
    table = table.assign(score=scores_of(model, loader(parts["test"])), threshold=best[1])
    spent["test"] = time.perf_counter() - started
    return table


def loader(clips: Clips, *, shuffle: bool = False) -> DataLoader[tuple[Tensor, float]]:
    return DataLoader(clips, batch_size=BATCH_SIZE, shuffle=shuffle, num_workers=2, persistent_workers=True)


def scores_of(model: nn.Module, batches: DataLoader[tuple[Tensor, float]]) -> np.ndarray:
    model.eval()
    with torch.no_grad():
        logits = [model(features.unsqueeze(1)).squeeze(1) for features, _ in batches]
    return torch.sigmoid(torch.cat(logits)).numpy()


def best_f2(labels: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """The highest F2 and its threshold, over all scores."""
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    f2 = 5 * precision * recall / np.maximum(4 * precision + recall, 1e-12)
    best = int(f2[:-1].argmax())
    return float(f2[best]), float(thresholds[best])


if __name__ == "__main__":
    main()
