"""Mimi, by the package transformers.

A. Défossez et al., Moshi: a speech-text foundation model for real-time dialogue, arXiv 2410.00037. It has
convolutions with transformers between them, and 12.5 frames per second.
"""

from dataclasses import dataclass

from avdf.fakers import FAKERS
from avdf.fakers._hub import HubCodec


@dataclass(frozen=True, kw_only=True)
class MimiConfig:
    """`model` is a name on the hub, or a folder."""

    model: str = "kyutai/mimi"


@FAKERS.register("mimi", MimiConfig)
class Mimi(HubCodec):
    """Each copy uses from four codebooks to all of them."""

    def __init__(self, config: MimiConfig) -> None:
        from transformers import MimiModel

        super().__init__(
            MimiModel, config.model, "num_quantizers", lambda model: range(4, model.num_quantizers + 1)
        )
