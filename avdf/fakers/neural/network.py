"""The network of a trained faker: encoder, residual quantiser or none, decoder."""

from torch import Tensor, nn

from avdf.fakers.neural.config import NetworkConfig
from avdf.fakers.neural.decoders import DECODER_OF
from avdf.fakers.neural.encoders import ENCODER_OF
from avdf.fakers.neural.quantiser import ResidualQuantiser


class FakerNetwork(nn.Module):
    def __init__(self, config: NetworkConfig, sample_rate_hz: int) -> None:
        super().__init__()
        self.hop_length = config.hop_length
        self.encoder = ENCODER_OF[config.encoder](config, sample_rate_hz)
        self.decoder = DECODER_OF[config.decoder](config)
        self.quantiser = (
            ResidualQuantiser(config.num_codebooks, config.codebook_size, config.code_size)
            if config.num_codebooks
            else None
        )

    def forward(self, waveform: Tensor, num_codebooks: int) -> tuple[Tensor, Tensor]:
        """(clip, sample) of an RMS of 0.1 -> (clip, sample) reconstructed, and the commitment.

        With 0 codebooks nothing is quantised.
        """
        num_samples = waveform.shape[1]
        padded = nn.functional.pad(waveform, (0, -num_samples % self.hop_length))
        codes = _normalised(self.encoder(padded))
        commitment = codes.new_zeros(())
        if self.quantiser is not None and num_codebooks:
            codes, commitment = self.quantiser(codes, num_codebooks)
        return self.decoder(codes, num_samples), commitment


def _normalised(codes: Tensor) -> Tensor:
    """(clip, code, frame) of mean 0 and variance 1 per frame, so that no loss can make the codes vanish."""
    return nn.functional.layer_norm(codes.transpose(1, 2), codes.shape[1:2]).transpose(1, 2)
