"""Gated fusion: weights by clip, none for what is missing; late fusion: the mean of what is there."""

import pytest
import torch
from torch import Tensor

from avdf.detector import Detector
from avdf.fusion import FUSIONS
from avdf.fusion._dropping import kept

DIMS = {"audio": 2, "video": 3}


def build(name: str, **settings: float):
    torch.manual_seed(0)
    return FUSIONS.build({"name": name, **settings}, "model.fusion", {"dims": DIMS}).eval()


@pytest.fixture
def vectors() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randn(4, dim, generator=generator) for name, dim in DIMS.items()}


PRESENT = {
    "audio": torch.tensor([True, True, False, False]),
    "video": torch.tensor([True, False, True, False]),
}


class TestGated:
    def test_the_logit_is_that_of_a_sum_with_the_weights(self, vectors: dict[str, Tensor]):
        fusion = build("gated", dim=5)
        everyone = dict.fromkeys(DIMS, torch.ones(4, dtype=torch.bool))
        scores = (
            torch.cat([vectors["audio"], vectors["video"]], dim=1) @ fusion.gate.weight.T + fusion.gate.bias
        )
        share = torch.exp(scores) / torch.exp(scores).sum(dim=1, keepdim=True)
        mapped = [torch.tanh(fusion.maps[name](vectors[name])) for name in DIMS]
        expected = fusion.linear(share[:, :1] * mapped[0] + share[:, 1:] * mapped[1]).squeeze(1)
        torch.testing.assert_close(fusion(vectors, everyone), expected)
        weight = torch.sigmoid(fusion.weight_of("video")(vectors, everyone))
        torch.testing.assert_close(weight, share[:, 1])

    def test_a_missing_modality_has_weight_0_and_a_clip_with_none_is_still_a_number(
        self, vectors: dict[str, Tensor]
    ):
        fusion = build("gated", dim=5)
        weights = {name: torch.sigmoid(fusion.weight_of(name)(vectors, PRESENT)) for name in DIMS}
        assert weights["audio"][1:3].tolist() == pytest.approx([1, 0], abs=1e-6)
        assert weights["video"][1:3].tolist() == pytest.approx([0, 1], abs=1e-6)
        assert weights["audio"][3] == weights["video"][3] == 0.5
        assert fusion(vectors, PRESENT).isfinite().all()

    def test_what_a_missing_modality_holds_changes_nothing(self, vectors: dict[str, Tensor]):
        fusion = build("gated", dim=5)
        other = {**vectors, "video": torch.full((4, 3), 9.0)}
        before, after = fusion(vectors, PRESENT), fusion(other, PRESENT)
        assert before[1] == after[1]
        assert before[0] != after[0]
        absent = {**other, "audio": torch.full((4, 2), 9.0)}
        assert fusion(absent, PRESENT)[3] == before[3]  # has neither
        assert fusion({"audio": vectors["audio"]}, PRESENT)[1] == before[1]

    def test_the_weight_of_a_detector_is_scored_like_a_detector(self, vectors: dict[str, Tensor]):
        class Given(torch.nn.Module):
            def forward(self, values: Tensor) -> Tensor:
                return values

        detector = Detector({}, {name: Given() for name in DIMS}, build("gated", dim=5)).eval()
        weights = [torch.sigmoid(detector.weight(name)(vectors)) for name in DIMS]
        torch.testing.assert_close(weights[0] + weights[1], torch.ones(4))


class TestLate:
    def test_the_logit_is_the_mean_of_those_of_the_modalities_that_are_there(
        self, vectors: dict[str, Tensor]
    ):
        fusion = build("late")
        audio, video = (fusion.linears[name](vectors[name]).squeeze(1) for name in DIMS)
        expected = torch.stack([(audio[0] + video[0]) / 2, audio[1], video[2], torch.tensor(0.0)])
        torch.testing.assert_close(fusion(vectors, PRESENT), expected)
        torch.testing.assert_close(fusion({"audio": vectors["audio"]}, PRESENT)[:2], audio[:2])


class TestDropping:
    def test_a_third_of_the_clips_lose_one_of_two_and_none_its_last(self):
        torch.manual_seed(0)
        present = torch.ones(2, 30_000, dtype=torch.bool)
        present[1, 20_000:] = False
        left = kept(present, 1 / 3, training=True)
        num_left = left.sum(dim=0)
        assert (num_left[:20_000] == 1).float().mean() == pytest.approx(1 / 3, abs=0.02)
        assert (num_left[20_000:] == 1).all()
        lost = (present & ~left)[:, :20_000].sum(dim=1)
        assert lost[0] / lost.sum() == pytest.approx(0.5, abs=0.03)

    def test_in_evaluation_and_with_one_modality_nothing_is_lost(self):
        present = torch.ones(2, 100, dtype=torch.bool)
        assert kept(present, 1.0 - 1e-9, training=False).all()
        assert kept(present[:1], 1.0 - 1e-9, training=True).all()
