"""Codecs of transformers: the real loading code, on small models with random weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avdf.errors import ConfigError
from avdf.fakers import FAKERS, copy_of

pytestmark = pytest.mark.slow  # importing transformers alone takes seconds
SMALL: dict[str, dict[str, Any]] = {
    "encodec": {
        "sampling_rate": 16000, "target_bandwidths": [1.0, 2.0], "num_filters": 4, "hidden_size": 16,
        "codebook_size": 16, "codebook_dim": 16, "num_residual_layers": 1, "num_lstm_layers": 1,
    },
    "dac": {
        "encoder_hidden_size": 4, "downsampling_ratios": [2, 4, 8, 8], "decoder_hidden_size": 64,
        "n_codebooks": 3, "codebook_size": 16, "codebook_dim": 4, "hidden_size": 64,
    },
    "mimi": {
        "num_filters": 4, "hidden_size": 32, "vector_quantization_hidden_dimension": 16, "codebook_size": 16,
        "codebook_dim": 16, "num_quantizers": 5, "num_hidden_layers": 1, "intermediate_size": 32,
        "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16, "upsample_groups": 32,
    },
}  # fmt: skip


def save_small_model(name: str, folder: Path) -> Path:
    import torch
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{name.title()}Config")(**SMALL[name])
    getattr(transformers, f"{name.title()}Model")(config).save_pretrained(folder)
    return folder


@pytest.mark.filterwarnings("ignore")  # of other libraries
@pytest.mark.parametrize("name", SMALL)
def test_a_codec_of_the_hub_is_loaded_and_copies_alike(speech, tmp_path, name):
    pytest.importorskip("transformers")
    folder = save_small_model(name, tmp_path / f"small_{name}")
    faker = FAKERS.build({"name": name, "model": str(folder)}, "faker")
    assert (faker.attack, faker.kind) == (f"small_{name}", "codec")
    parent = speech[:16001] / 2
    copies = [copy_of(parent, 16000, faker, np.random.default_rng(0)) for _ in range(2)]
    np.testing.assert_array_equal(copies[0][0], copies[1][0])
    assert len(copies[0][0]) == 16001
    assert copies[0][0][-200:].any()  # the end is not silence
    drawn = {str(faker.draw(np.random.default_rng(seed))) for seed in range(20)}
    assert len(drawn) == 2  # 1 and 2 kbit/s; 2 and 3 codebooks; 4 and 5 codebooks


@pytest.mark.filterwarnings("ignore")
def test_a_model_that_is_not_there_is_named_with_the_remedy(tmp_path):
    pytest.importorskip("transformers")
    with pytest.raises(ConfigError, match=r"^faker\.model: .*nowhere' can't be loaded .* or give a folder$"):
        FAKERS.build({"name": "dac", "model": str(tmp_path / "nowhere")}, "faker")
