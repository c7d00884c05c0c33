"""Tiny imitations of corpora with sound and picture, in their layouts and with their traps."""

import json
from pathlib import Path
from typing import Any

from making.imitation import Imitation, sounds, text


def lav_df(root: Path) -> Imitation:
    """Two lists of the same rows, clips that are fake in part, `original` null for real clips."""
    rows: list[dict[str, Any]] = []
    for split in ("train", "dev", "test"):
        for family in range(3):
            names = [f"{split}/{family}{number}.mp4" for number in range(4)]
            sounds(root, *names)
            for number, name in enumerate(names):
                rows.append(
                    {
                        "file": name,
                        "n_fakes": int(number > 0),
                        "fake_periods": [[0.1, 0.3]] if number else [],
                        "original": names[0] if number else None,
                        "modify_audio": number in (1, 3),
                        "modify_video": number in (2, 3),
                        "split": split,
                    }
                )
    longer = [row | {"timestamps": [["word", 0, 0.1]]} for row in rows]
    (root / "metadata.json").write_text(json.dumps(longer))
    (root / "metadata.min.json").write_text(json.dumps(rows))
    return Imitation(types={"real": 9, "fake audio": 9, "fake video": 9, "fake audio and video": 9})


def av_deepfake1m(root: Path) -> Imitation:
    """`both_modified` with either line, the same path below train and val, test clips without labels."""
    kinds = ("real", "audio_modified", "visual_modified", "both_modified", "both-modified")
    for split in ("train", "val"):
        rows = []
        for person, kind in ((person, kind) for person in range(3) for kind in kinds):
            name = f"id0{person:04}/abc/0001/{kind}.mp4"
            sounds(root, f"{split}/{name}")
            row = {"file": name, "original": None, "split": split, "modify_type": kind}
            row["fake_segments"] = [] if kind == "real" else [[0.2, 0.25]]
            rows.append(row | ({"audio_model": "vits"} if kind.startswith(("audio", "both")) else {}))
        (root / f"{split}_metadata.json").write_text(json.dumps(rows))
    sounds(root, "test/000001.mp4")
    text(root, "test_files.txt", "000001.mp4", "000002.mp4")
    return Imitation(
        types={"real": 6, "fake audio": 6, "fake video": 6, "fake audio and video": 12},
        skipped={"test/000001.mp4": "no label", "000002.mp4": "missing file"},
    )


def deepfake_eval_2024(root: Path) -> Imitation:
    """Unknown truths, suffixes of all kinds, .dat that is MP4, one name in both folders, pictures beside."""
    audio, video = (
        ["Filename,Ground Truth,Finetuning Set"],
        ["Filename,Video Ground Truth,Audio Ground Truth"],
    )
    for number in range(12):
        name = f"{number}.{('mp3', 'm4a', 'dat', 'wav')[number % 4]}"
        sounds(root, f"audio-data/{name}")
        truth = "Unknown" if number == 11 else ("Real", "Fake")[number % 2]
        audio.append(f"{name},{truth},{('train', 'test')[number % 3 // 2]}")
    for number in range(8):
        sounds(root, f"video-data/{number}.mp4")
        video.append(
            f"{number}.mp4,{('Real', 'Fake')[number % 2]},{('Real', 'Fake', 'Unknown')[number // 3]}"
        )
    sounds(root, "audio-data/0.mp4")
    audio.append("0.mp4,Fake,test")
    text(root, "audio-metadata-publish.csv", *audio)
    text(root, "video-metadata-publish.csv", *video)
    text(root, "image-data/1.jpg", "a picture")
    return Imitation(
        types={"real": 8, "fake audio": 7, "fake video": 1, "fake audio and video": 2},
        skipped={
            "audio-data/11.wav": "no label",
            "video-data/6.mp4": "no label",
            "video-data/7.mp4": "no label",
        },
    )
