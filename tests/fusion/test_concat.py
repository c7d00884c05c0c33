"""Fusion: any set of modalities, with a learned vector for a missing one."""

import torch

from avdf.fusion import FUSIONS


def build(dims: dict[str, int], **settings: float):
    fusion = FUSIONS.build({"name": "concat", "dropout": 0.0, **settings}, "model.fusion", {"dims": dims})
    torch.nn.init.normal_(fusion.missing[next(iter(dims))])
    return fusion


def test_audio_alone_is_one_linear_layer():
    fusion = build({"audio": 2})
    fusion.linear.weight.data = torch.tensor([[1.0, 2.0]])
    fusion.linear.bias.data = torch.tensor([0.5])
    everyone = torch.tensor([True, True])
    logits = fusion({"audio": torch.tensor([[1.0, 1.0], [0.0, 3.0]])}, {"audio": everyone})
    assert logits.tolist() == [3.5, 6.5]


def test_a_missing_modality_is_replaced_by_its_learned_vector():
    fusion = build({"audio": 2, "video": 3}).eval()
    audio, video = torch.randn(2, 2), torch.randn(2, 3)
    both = {"audio": torch.tensor([True, True]), "video": torch.tensor([True, False])}
    logits = fusion({"audio": audio, "video": video}, both)
    alone = fusion({"audio": audio}, both)
    learned = fusion({"audio": audio, "video": fusion.missing["video"].expand(2, -1)}, both)
    assert logits[1] == alone[1] == learned[1]
    assert logits[0] != alone[0]


def test_the_learned_vector_is_trained_where_a_modality_is_missing():
    fusion = build({"audio": 2, "video": 3})
    fusion({"audio": torch.randn(4, 2)}, {"audio": torch.ones(4, dtype=torch.bool)}).sum().backward()
    assert fusion.missing["video"].grad.abs().sum() > 0


def test_half_of_the_clips_lose_a_modality_where_drop_modality_is_a_half():
    torch.manual_seed(0)
    fusion = build({"audio": 1, "video": 1}, drop_modality=0.5).train()
    kept = fusion._kept(torch.ones(10000, dtype=torch.bool)).float().mean()
    assert 0.48 < kept < 0.52
