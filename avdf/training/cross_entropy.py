"""The cross-entropy of each clip, and the losses that are its mean: plain, focal, and with a margin."""

from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

_FOCAL_POWER = 2.0  # gamma of Lin et al., arXiv 1708.02002


class CrossEntropy(nn.Module):
    """Weighted mean of the binary cross-entropies."""

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        return cross_entropies(logits, is_fake, weights).mean()


class Focal(nn.Module):
    """Weighted mean of (1 - p)^2 times the cross-entropy, p being the probability of the label.

    Clips that are already classified well count less (Lin et al., arXiv 1708.02002). torchvision's
    function, which also takes the mixed labels of mixup.
    """

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        from torchvision.ops import sigmoid_focal_loss

        losses: Tensor = sigmoid_focal_loss(logits.float(), is_fake, alpha=-1, gamma=_FOCAL_POWER)
        return (weights * losses).mean()


class OcSoftmax(nn.Module):
    """OC-Softmax (Y. Zhang, F. Jiang and Z. Duan, IEEE SPL 2021, equation 5), of logits of `one_class`.

    With the cosine s of a clip and the direction of real speech it is log(1 + exp(alpha (m - s))) for real
    clips and log(1 + exp(alpha (s - m'))) for fakes, alpha 20, m .9, m' .2. The logit of `one_class` is
    alpha ((m + m') / 2 - s), so that both are cross-entropies with a margin of alpha (m - m') / 2 = 7.
    """

    margin = 7.0

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        logits = logits.float()
        real, fake = softplus(logits + self.margin), softplus(self.margin - logits)
        return (weights * (is_fake * fake + (1 - is_fake) * real)).mean()


def cross_entropies(logits: Tensor, is_fake: Tensor, weights: Tensor) -> Tensor:
    """(clip,) weighted cross-entropies, in float32 for any precision of the network."""
    return binary_cross_entropy_with_logits(logits.float(), is_fake, weights, reduction="none")
