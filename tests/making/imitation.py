"""What the imitations of corpora share: their sounds, their lists, and what must be read of them."""

import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from making.sounds import write_wav

RATE_HZ = 16000
Skipped = dict[str, str]  # clip -> reason


@dataclass(frozen=True, kw_only=True)
class Imitation:
    """What an imitation must be read as. `types`: number of clips by type; `skipped`: clip by reason."""

    types: dict[str, int]
    skipped: Skipped = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()  # their beginnings


def sounds(root: Path, *names: str) -> None:
    """Noise of 0.6 s per file, another one in each; the content is wav whatever the suffix says."""
    for name in names:
        noise = np.random.default_rng(zlib.crc32(name.encode())).normal(0, 0.1, int(0.6 * RATE_HZ))
        write_wav(root / name, noise, RATE_HZ)


def text(root: Path, name: str, *lines: str) -> None:
    """A text file of these lines."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
