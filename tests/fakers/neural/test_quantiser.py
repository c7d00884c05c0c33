"""The residual quantiser against a brute-force search; its codes follow the data."""

import numpy as np
import torch

from avdf.fakers.neural.quantiser import ResidualQuantiser


def codes_of(num: int = 600, size: int = 3, seed: int = 0) -> torch.Tensor:
    """(1, size, num) vectors around four corners."""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.tensor([[4.0, 0, 0], [0, 4.0, 0], [0, 0, 4.0], [-4.0, -4.0, 0]])[:, :size]
    chosen = torch.randint(4, (num,), generator=generator)
    return (corners[chosen] + 0.1 * torch.randn(num, size, generator=generator)).T[None]


def trained(num_codebooks: int = 2, size: int = 4, steps: int = 30) -> ResidualQuantiser:
    torch.manual_seed(0)
    quantiser = ResidualQuantiser(num_codebooks, size, 3).train()
    for step in range(steps):
        quantiser(codes_of(seed=step), num_codebooks)
    return quantiser.eval()


def test_the_nearest_code_is_taken_and_the_rest_goes_to_the_next_codebook():
    quantiser = trained()
    codes = codes_of(50, seed=99)
    quantised, _ = quantiser(codes, 2)
    books = quantiser.codebooks.numpy()
    for vector, found in zip(codes[0].T.numpy(), quantised[0].T.numpy(), strict=True):
        total, left = np.zeros(3), vector.copy()
        for book in books:
            nearest = min(book, key=lambda code, left=left: ((left - code) ** 2).sum())
            total, left = total + nearest, left - nearest
        np.testing.assert_allclose(found, total, atol=1e-5)


def test_codes_find_the_four_corners_and_a_second_codebook_halves_the_error():
    quantiser = trained(size=16)
    codes = codes_of(400, seed=99)
    errors = [float((quantiser(codes, used)[0] - codes).square().mean()) for used in (1, 2)]
    assert errors[0] < 0.01  # the spread of each corner is 0.1
    assert errors[1] < 0.5 * errors[0]


def test_a_code_that_nothing_uses_is_replaced():
    quantiser = trained(num_codebooks=1)
    far = torch.full((3,), 100.0)
    quantiser.codebooks[0, 2] = far
    quantiser.sums[0, 2], quantiser.counts[0, 2] = far, 1.0
    quantiser.train()
    for step in range(40):
        quantiser(codes_of(seed=step), 1)
    assert quantiser.codebooks.abs().max() < 6


def test_the_gradient_passes_as_if_nothing_were_quantised_and_nothing_is_learnt_in_evaluation():
    quantiser = trained()
    before = quantiser.codebooks.clone()
    codes = codes_of(20).requires_grad_()
    quantised, commitment = quantiser(codes, 2)
    quantised.sum().backward(retain_graph=True)
    assert torch.equal(codes.grad, torch.ones_like(codes))
    codes.grad = None
    commitment.backward()
    assert codes.grad.any()
    assert torch.equal(quantiser.codebooks, before)
