"""EnCodec, by the package transformers.

A. Défossez et al., High fidelity neural audio compression, TMLR 2023. Strided and transposed convolutions
with recurrent layers between them.
"""

from dataclasses import dataclass

from avdf.fakers import FAKERS
from avdf.fakers._hub import HubCodec


@dataclass(frozen=True, kw_only=True)
class EncodecConfig:
    """`model` is a name on the hub, or a folder; with one channel."""

    model: str = "facebook/encodec_24khz"


@FAKERS.register("encodec", EncodecConfig)
class Encodec(HubCodec):
    """Each copy has one of the bit rates (kbit/s) that the model was trained for."""

    def __init__(self, config: EncodecConfig) -> None:
        from transformers import EncodecModel

        super().__init__(EncodecModel, config.model, "bandwidth", lambda model: model.target_bandwidths)
