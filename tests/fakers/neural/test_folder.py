"""The folder of a trained faker: saved and loaded equal, and refused if it was changed or is hostile."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from making.fakers import save_small_faker
from safetensors.torch import load_file, save_file

from avdf.errors import UserError
from avdf.fakers import FAKERS, copy_of
from avdf.fakers.neural.folder import load_faker
from avdf.files import file_hash


def neural(folder: Path):
    return FAKERS.build({"name": "neural", "folder": str(folder)}, "faker")


@pytest.mark.parametrize(
    "settings",
    [
        {"decoder": "nearest"},
        {"decoder": "istft"},
        {"encoder": "mel", "num_codebooks": 0, "decoder": "istft"},
    ],
)
def test_a_loaded_faker_has_the_saved_weights_and_copies_alike(speech, tmp_path, settings):
    folder = save_small_faker(tmp_path, **settings)
    network, facts = load_faker(folder)
    saved = load_file(folder / "faker.safetensors")
    assert {*network.state_dict()} == {*saved}
    assert all(torch.equal(value, saved[name]) for name, value in network.state_dict().items())
    assert facts.kind == ("codec" if facts.network.num_codebooks else "vocoder")
    first, second = neural(folder), neural(folder)
    assert (first.attack, first.kind, first.heard) == ("small", facts.kind, {"id00001"})
    copies = [
        copy_of(speech[:16000] / 2, 16000, faker, np.random.default_rng(0))[0] for faker in (first, second)
    ]
    np.testing.assert_array_equal(*copies)
    assert len(copies[0]) == 16000


def test_another_sample_rate_gives_as_many_samples(speech, tmp_path):
    faker = neural(save_small_faker(tmp_path))
    for rate_hz in (8000, 44100):
        copy, settings = copy_of(speech[:9001], rate_hz, faker, np.random.default_rng(0))
        assert len(copy) == 9001
        assert 1 <= settings["num_codebooks"] <= 4


def test_a_long_recording_in_pieces_is_that_of_the_whole(tmp_path):
    faker = neural(
        save_small_faker(tmp_path, encoder="mel", num_codebooks=0, min_codebooks=1, decoder="nearest")
    )
    noise = np.random.default_rng(0).normal(0, 0.1, 21 * 16000).astype(np.float32)
    in_pieces = faker.resynthesise(noise, 16000, {}, np.random.default_rng(0))
    heard = torch.from_numpy(noise * np.float32(0.1 / noise.std()))
    whole = faker._network(heard[None], 0)[0][0].detach().numpy()
    np.testing.assert_allclose(in_pieces, whole, atol=1e-4)


def changed(folder: Path, key: str, value: object) -> None:
    """Sets a value in faker.json; `key` is dotted."""
    path = folder / "faker.json"
    content = json.loads(path.read_text("utf-8"))
    *outer, last = key.split(".")
    inner = content
    for name in outer:
        inner = inner[name]
    inner[last] = value
    path.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format_version", 99, "format 99; this avdf reads 1"),
        ("name", "../up", "name must have 1 to 60 letters"),
        ("network.width", 64, r"faker.safetensors: does not fit the model in faker.json"),
        ("network.width", 10**9, "network.width must be from 1 to 64"),
        ("network.strides", [16] * 99, "network.strides must be 1 to 6 numbers"),
        ("network.layers", 3, "network.'layers': no such key"),
        ("network.code_size", "16", "network.code_size: must be a whole number"),
        ("sample_rate_hz", 1, "sample_rate_hz must be from 4000 to 48000"),
        ("hashes.weights", "0" * 64, "faker.safetensors: not the file that faker.json was written with"),
        ("hashes.heard", "0" * 64, "heard.csv: not the file that faker.json was written with"),
    ],
)
def test_a_changed_description_is_refused_by_its_key(tmp_path, key, value, message):
    folder = save_small_faker(tmp_path)
    changed(folder, key, value)
    with pytest.raises(UserError, match=message):
        load_faker(folder)


def test_the_largest_network_is_refused_before_memory_is_allocated(tmp_path):
    folder = save_small_faker(tmp_path)
    for key, value in (("width", 64), ("strides", [2, 2, 2, 2, 8, 16])):
        changed(folder, f"network.{key}", value)
    with pytest.raises(UserError, match="a network of more than 64 million numbers"):
        load_faker(folder)


def test_a_weight_that_is_not_a_number_is_refused(tmp_path):
    folder = save_small_faker(tmp_path)
    weights = load_file(folder / "faker.safetensors")
    weights["decoder.layers.0.weight"][0, 0, 0] = float("nan")
    save_file(weights, folder / "faker.safetensors")
    changed(folder, "hashes.weights", file_hash(folder / "faker.safetensors"))
    with pytest.raises(UserError, match=r"decoder\.layers\.0\.weight holds a NaN"):
        load_faker(folder)


def test_no_folder_and_no_faker_in_it_say_what_makes_one(tmp_path):
    with pytest.raises(UserError, match="no faker there; avdf train_faker makes one"):
        neural(tmp_path / "nowhere")
