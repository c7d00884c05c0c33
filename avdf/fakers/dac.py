"""The Descript Audio Codec, by the package transformers.

R. Kumar et al., High-fidelity audio compression with improved RVQGAN, NeurIPS 2023. Strided and transposed
convolutions with periodic activations.
"""

from dataclasses import dataclass

from avdf.fakers import FAKERS
from avdf.fakers._hub import HubCodec


@dataclass(frozen=True, kw_only=True)
class DacConfig:
    """`model` is a name on the hub, or a folder."""

    model: str = "descript/dac_16khz"


@FAKERS.register("dac", DacConfig)
class Dac(HubCodec):
    """Each copy uses from two codebooks to all of them."""

    def __init__(self, config: DacConfig) -> None:
        from transformers import DacModel

        super().__init__(
            DacModel, config.model, "n_quantizers", lambda model: range(2, model.n_codebooks + 1)
        )
