"""Residual vector quantisation with codebooks that follow the data.

N. Zeghidour et al., SoundStream, IEEE/ACM TASLP 2021: each codebook codes what those before it have left; the
codes are moving averages of the vectors that they stand for, begun by k-means; codes that nothing uses are
replaced by vectors of the batch; in training a random number of codebooks is used, so that one network
serves several bit rates.
"""

import torch
from torch import Tensor, nn

_DECAY = 0.95
_DEAD = 0.5  # uses per batch, averaged; a code below it is replaced
_KMEANS_ROUNDS = 8


class ResidualQuantiser(nn.Module):
    codebooks: Tensor
    counts: Tensor
    sums: Tensor
    is_begun: Tensor

    def __init__(self, num_codebooks: int, codebook_size: int, code_size: int) -> None:
        super().__init__()
        shape = (num_codebooks, codebook_size, code_size)
        self.register_buffer("codebooks", torch.zeros(shape))
        self.register_buffer("counts", torch.ones(shape[:2]))
        self.register_buffer("sums", torch.zeros(shape))
        self.register_buffer("is_begun", torch.zeros(num_codebooks, dtype=torch.bool))

    def forward(self, codes: Tensor, num_used: int) -> tuple[Tensor, Tensor]:
        """(clip, code, frame) -> the same, quantised by the first `num_used` codebooks, and the commitment.

        The gradient passes as if nothing were quantised. The commitment is the mean squared distance of
        what each codebook was given from what it gave.
        """
        vectors = codes.transpose(1, 2).reshape(-1, codes.shape[1])
        left, total = vectors, torch.zeros_like(vectors)
        commitment = vectors.new_zeros(())
        for number in range(num_used):
            if self.training:
                self._begin(number, left.detach())
            chosen = torch.cdist(left.detach(), self.codebooks[number]).argmin(dim=1)
            given = self.codebooks[number][chosen]
            if self.training:
                self._follow(number, left.detach(), chosen)
            commitment = commitment + nn.functional.mse_loss(left, given)
            left, total = left - given, total + given
        straight = vectors + (total - vectors).detach()
        quantised = straight.reshape(codes.shape[0], codes.shape[2], -1).transpose(1, 2)
        return quantised, commitment / num_used

    def _begin(self, number: int, vectors: Tensor) -> None:
        """The first codes of a codebook, by k-means on the first batch that it sees."""
        if self.is_begun[number]:
            return
        size = self.codebooks.shape[1]
        centres = _drawn(vectors, size) + 1e-4 * torch.randn_like(self.codebooks[number])
        for _ in range(_KMEANS_ROUNDS):
            sums, counts = _sums(vectors, torch.cdist(vectors, centres).argmin(dim=1), size)
            centres = torch.where(counts[:, None] > 0, sums / counts[:, None].clamp(min=1), centres)
        self.codebooks[number], self.sums[number] = centres, centres
        self.counts[number] = 1
        self.is_begun[number] = True

    def _follow(self, number: int, vectors: Tensor, chosen: Tensor) -> None:
        """Moves the codes towards the means of their vectors, and replaces those that nothing uses."""
        size = self.codebooks.shape[1]
        sums, counts = _sums(vectors, chosen, size)
        self.counts[number] = _DECAY * self.counts[number] + (1 - _DECAY) * counts
        self.sums[number] = _DECAY * self.sums[number] + (1 - _DECAY) * sums
        dead = self.counts[number] < _DEAD * min(1.0, len(vectors) / size)
        fresh = _drawn(vectors, size)
        self.sums[number] = torch.where(dead[:, None], fresh, self.sums[number])
        self.counts[number] = torch.where(dead, torch.ones_like(counts), self.counts[number])
        self.codebooks[number] = self.sums[number] / self.counts[number][:, None]


def _drawn(vectors: Tensor, num: int) -> Tensor:
    """(num, code) vectors drawn at random, with repetition."""
    return vectors[torch.randint(len(vectors), (num,))]


def _sums(vectors: Tensor, chosen: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """(codebook size, code) sums of the vectors that chose each code, and (codebook size,) their numbers."""
    sums = vectors.new_zeros(size, vectors.shape[1]).index_add_(0, chosen, vectors)
    return sums, torch.bincount(chosen, minlength=size).to(vectors.dtype)
