"""The folder of a small trained faker."""

from pathlib import Path
from typing import Any

import torch

from avdf.fakers.neural.config import NetworkConfig
from avdf.fakers.neural.folder import FORMAT_VERSION, HEARD_NAME, FakerFacts, FakerHashes, save_faker
from avdf.fakers.neural.network import FakerNetwork


def save_small_faker(
    folder: Path, *, name: str = "small", heard: tuple[str, ...] = ("id00001",), **settings: Any
) -> Path:
    """Random weights; `settings` are those of its network."""
    small = {"width": 4, "code_size": 16, "block_width": 32, "num_blocks": 2, "codebook_size": 16}
    network = NetworkConfig(**{**small, **settings})
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{voice}.wav,{voice},t{number:05}" for number, voice in enumerate(heard)]
    (folder / HEARD_NAME).write_text("\n".join(["clip,voice,track", *rows]) + "\n", "utf-8")
    facts = FakerFacts(
        format_version=FORMAT_VERSION,
        name=name,
        sample_rate_hz=16000,
        network=network,
        seed=0,
        num_steps=0,
        num_voices=len(heard),
        hashes=FakerHashes(weights="", heard="", data="", split=""),
    )
    torch.manual_seed(0)
    made = FakerNetwork(network, 16000)
    if made.quantiser is not None:
        made.quantiser.codebooks.normal_(0, 0.1)
    save_faker(made, folder, facts)
    return folder
