"""A trained faker as a folder: faker.safetensors and faker.json, checked like the folder of a detector."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch

from avdf.config.bounds import check_at_least, check_within
from avdf.config.loading import as_settings
from avdf.config.strict import strictly_typed
from avdf.errors import ConfigError, TableError, UserError
from avdf.fakers.neural.config import NetworkConfig, check_attack
from avdf.fakers.neural.network import FakerNetwork
from avdf.files import file_hash, json_text, read_csv_table, read_json, write_json
from avdf.weight_files import check_weights, finite_weights, save_weights

WEIGHTS_NAME, FACTS_NAME, HEARD_NAME = "faker.safetensors", "faker.json", "heard.csv"
FORMAT_VERSION = 1
_MAX_JSON_BYTES = 1 << 20
_MAX_WEIGHTS = 64 << 20  # numbers: the fakers of configs/fakers have 1 to 3 million


@dataclass(frozen=True, kw_only=True)
class FakerHashes:
    """sha256 in hex: of the weights, of heard.csv, and of the clip table and the split that were used."""

    weights: str
    heard: str
    data: str
    split: str


@dataclass(frozen=True, kw_only=True)
class FakerFacts:
    """What the copies of a faker depend on, besides its weights; and what it was trained on."""

    format_version: int
    name: str
    sample_rate_hz: int
    network: NetworkConfig
    seed: int
    num_steps: int
    num_voices: int
    hashes: FakerHashes

    def __post_init__(self) -> None:
        check_attack(self.name)
        check_within(self, "sample_rate_hz", lowest=4000, highest=48000)
        check_at_least(self, "seed", "num_steps", "num_voices", lowest=0)

    @property
    def kind(self) -> str:
        """A network without codebooks is a vocoder."""
        return "codec" if self.network.num_codebooks else "vocoder"


def save_faker(network: FakerNetwork, folder: Path, facts: FakerFacts) -> None:
    """Writes the weights, then faker.json with their hash; heard.csv must be there already."""
    save_weights(network.state_dict(), folder / WEIGHTS_NAME)
    hashes = {
        **as_settings(facts.hashes),
        "weights": file_hash(folder / WEIGHTS_NAME),
        "heard": file_hash(folder / HEARD_NAME),
    }
    content = {**as_settings(facts), "hashes": hashes}
    _facts_of(json.loads(json_text(content)), folder / FACTS_NAME)
    write_json(folder / FACTS_NAME, content)


def load_faker(folder: Path) -> tuple[FakerNetwork, FakerFacts]:
    """A trained faker, ready to use. Raises UserError if the folder holds none, or one that was changed."""
    path = folder / FACTS_NAME
    if not path.exists():
        raise UserError(f"{folder}: no faker there; avdf train_faker makes one")
    facts = _facts_of(read_json(path, max_bytes=_MAX_JSON_BYTES), path)
    weights = folder / WEIGHTS_NAME
    with torch.device("meta"):
        outline = FakerNetwork(facts.network, facts.sample_rate_hz).state_dict()
    if sum(value.numel() for value in outline.values()) > _MAX_WEIGHTS:
        raise UserError(f"{path}: a network of more than {_MAX_WEIGHTS >> 20} million numbers")
    check_weights(weights, outline, FACTS_NAME)
    for name, expected in ((WEIGHTS_NAME, facts.hashes.weights), (HEARD_NAME, facts.hashes.heard)):
        if not (folder / name).is_file() or file_hash(folder / name) != expected:
            raise UserError(f"{folder / name}: not the file that {FACTS_NAME} was written with")
    network = FakerNetwork(facts.network, facts.sample_rate_hz).eval()
    network.load_state_dict(finite_weights(weights))
    return network, facts


def heard_voices(folder: Path) -> frozenset[str]:
    """The voices that a faker was trained on. Raises TableError."""
    table = read_csv_table(folder / HEARD_NAME, "avdf train_faker writes it")
    if "voice" not in table.columns:
        raise TableError(f"{folder / HEARD_NAME}: lacks the column 'voice'; avdf train_faker writes it")
    return frozenset(table["voice"])


def _facts_of(content: dict[str, object], path: Path) -> FakerFacts:
    version = content.get("format_version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise UserError(f"{path}: format {version!r:.40}; this avdf reads {FORMAT_VERSION}")
    try:
        return strictly_typed(FakerFacts, content, path.name)
    except ConfigError as error:
        raise UserError(f"{path.parent}: {error}; give a folder that avdf has written") from error
