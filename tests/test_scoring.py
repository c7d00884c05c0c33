"""Scoring: the mean of logits before the sigmoid, the same for any order, processes and threads."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from making.scoring import score_clips
from making.sounds import RATE_HZ, make_sounds

from avdf.config.schema import ModelConfig
from avdf.data.collating import collate
from avdf.data.dataset import LabelledClips
from avdf.data.even_crops import EvenCrops
from avdf.detector import Detector, build_detector
from avdf.errors import UserError
from avdf.passes import KeptInputs, score_batch
from avdf.scoring import crop_logits, whole_scores

CPU = torch.device("cpu")
ONE_PROCESS = SimpleNamespace(process_index=0, num_processes=1, device=CPU)
MFCC = ModelConfig(
    features={"audio": {"name": "mfcc", "n_fft": 256}}, encoders={"audio": {"name": "audio_mfcc_linear"}}
)
CNN = ModelConfig(
    features={"audio": {"name": "log_mel", "num_mels": 32, "n_fft": 256}},
    encoders={"audio": {"name": "audio_cnn", "channels": [8, 16]}},
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    clips, store = make_sounds(tmp_path_factory.mktemp("sounds"), tmp_path_factory.mktemp("cache"))
    return LabelledClips(clips, store, target="audio", seconds=0.3)


@pytest.fixture(scope="module", params=[MFCC, CNN], ids=["mfcc", "cnn"])
def detector(request: pytest.FixtureRequest) -> Detector:
    torch.manual_seed(0)
    return build_detector(request.param, RATE_HZ, 0.3).eval()


def scores_of(detector: Detector, clips: LabelledClips, *, num_crops: int = 3, batch_size: int = 64):
    return score_clips(detector, clips, num_crops=num_crops, batch_size=batch_size, accelerator=ONE_PROCESS)


def test_a_score_is_the_sigmoid_of_the_mean_logit_of_the_crops(detector: Detector, dataset: LabelledClips):
    """Brute force: each crop in a forward pass of its own."""
    crops = EvenCrops([dataset], num_crops=3)
    scores = scores_of(detector, dataset)
    for index in range(0, len(dataset), 7):
        samples = [crops[item] for item in crops.places[0, index].tolist()]
        logits = torch.cat([score_batch(detector, collate([sample]), CPU) for sample in samples]).double()
        assert logits.std() > 0
        assert scores[index] == pytest.approx(float(torch.sigmoid(logits.mean())), abs=1e-6)


def test_a_score_by_the_highest_logit_is_that_of_the_crop_that_is_most_likely_fake(
    detector: Detector, dataset: LabelledClips
):
    """Brute force: the highest score of any crop, each crop a clip of its own."""
    highest = score_clips(detector, dataset, num_crops=3, batch_size=64, accelerator=ONE_PROCESS, whole="max")
    crops = EvenCrops([dataset], num_crops=3)
    for index in range(0, len(dataset), 7):
        samples = [crops[item] for item in crops.places[0, index].tolist()]
        each = [float(torch.sigmoid(score_batch(detector, collate([sample]), CPU))) for sample in samples]
        assert highest[index] == pytest.approx(max(each), abs=1e-6)
    assert (highest > scores_of(detector, dataset)).all()


def test_a_score_does_not_depend_on_the_other_clips(detector: Detector, dataset: LabelledClips):
    scores = scores_of(detector, dataset)
    order = np.random.default_rng(0).permutation(len(dataset))
    np.testing.assert_allclose(scores_of(detector, dataset.selected(order)), scores[order], atol=1e-6)
    for index in (0, 5):
        alone = scores_of(detector, dataset.selected(np.array([index])))
        assert alone[0] == pytest.approx(scores[index], abs=1e-6)


def test_a_score_depends_on_the_batch_size_by_at_most_1e_6(detector: Detector, dataset: LabelledClips):
    scores = scores_of(detector, dataset)
    for batch_size in (1, 7):
        np.testing.assert_allclose(scores_of(detector, dataset, batch_size=batch_size), scores, atol=1e-6)


def test_any_number_of_threads_gives_the_same_bytes(detector: Detector, dataset: LabelledClips):
    before = torch.get_num_threads()
    scores = []
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            scores.append(scores_of(detector, dataset).tobytes())
            assert torch.get_num_threads() == number
    finally:
        torch.set_num_threads(before)
    assert len(set(scores)) == 1


def test_views_are_scored_as_if_each_were_scored_alone(detector: Detector, dataset: LabelledClips):
    later = dataset.without_start(0.15)
    crops = EvenCrops([dataset, later], num_crops=3)
    assert len(crops) < 2 * 3 * len(dataset)
    both = whole_scores(crop_logits(detector, crops, batch_size=64, accelerator=ONE_PROCESS), "mean")
    for scores, view in zip(both, (dataset, later), strict=True):
        np.testing.assert_allclose(scores, scores_of(detector, view), atol=1e-6)


def test_copies_of_a_clip_share_one_score(detector: Detector, dataset: LabelledClips):
    twice = dataset.selected(np.tile(np.arange(len(dataset)), 2))
    crops = EvenCrops([twice], num_crops=3, share_sounds=True)
    assert len(crops) == 3 * len(dataset)
    [scores] = whole_scores(crop_logits(detector, crops, batch_size=64, accelerator=ONE_PROCESS), "mean")
    np.testing.assert_array_equal(scores[: len(dataset)], scores[len(dataset) :])
    np.testing.assert_allclose(scores, scores_of(detector, twice), atol=1e-6)


def test_kept_inputs_give_the_same_bytes_and_are_not_read_again(detector: Detector, dataset: LabelledClips):
    crops, kept = EvenCrops([dataset], num_crops=3), KeptInputs()
    given = {"batch_size": 64, "accelerator": ONE_PROCESS}
    first = crop_logits(detector, crops, **given, kept=kept)
    assert len(kept.passes) == 144 / 8
    crops._views = []  # reading a crop would fail
    np.testing.assert_array_equal(crop_logits(detector, crops, **given, kept=kept), first)


def test_inputs_are_not_kept_if_they_are_too_large_or_their_features_have_weights(dataset: LabelledClips):
    detector = build_detector(CNN, RATE_HZ, 0.3).eval()
    crops = EvenCrops([dataset], num_crops=3)
    one_pass = 8 * 32 * 16 * 4  # crops, mels, frames, bytes
    for num_bytes, num_kept in ((18 * one_pass, 18), (18 * one_pass - 1, 0)):
        kept = KeptInputs(num_bytes)
        crop_logits(detector, crops, batch_size=64, accelerator=ONE_PROCESS, kept=kept)
        assert len(kept.passes) == num_kept
    detector.features["audio"].register_parameter("gain", torch.nn.Parameter(torch.ones(1)))
    kept = KeptInputs()
    crop_logits(detector, crops, batch_size=64, accelerator=ONE_PROCESS, kept=kept)
    assert kept.passes == []


def test_two_processes_score_alternate_crops(detector: Detector, dataset: LabelledClips):
    """Without the other process each knows its own logits only; the others stay 0 in the mean."""
    logits = {}
    for rank, num in ((0, 1), (0, 2), (1, 2)):
        process = SimpleNamespace(process_index=rank, num_processes=num, device=CPU)
        scores = score_clips(detector, dataset, num_crops=2, batch_size=7, accelerator=process)
        logits[rank, num] = np.log(scores / (1 - scores))
    np.testing.assert_allclose(logits[0, 2] + logits[1, 2], logits[0, 1], atol=1e-5)
    assert np.abs(logits[0, 2] - logits[0, 1]).min() > 0


def test_scoring_leaves_the_mode_of_the_detector_as_it_was(dataset: LabelledClips):
    detector = build_detector(CNN, RATE_HZ, 0.3).train()
    first, again = scores_of(detector, dataset), scores_of(detector, dataset)
    assert detector.training
    np.testing.assert_array_equal(first, again)  # no dropout


def test_a_score_that_is_no_number_is_refused_in_every_thread(dataset: LabelledClips):
    detector = build_detector(CNN, RATE_HZ, 0.3).eval()
    with torch.no_grad():
        for weights in detector.fusion.parameters():
            weights.fill_(torch.nan)
    before = torch.get_num_threads()
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            with pytest.raises(UserError, match="score is NaN or infinite"):
                scores_of(detector, dataset)
            assert torch.get_num_threads() == number
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("is_compiled", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_threads_share_a_detector_unless_it_is_compiled(dataset: LabelledClips, is_compiled: bool):
    detector = build_detector(CNN, RATE_HZ, 0.3).eval()
    if is_compiled:
        detector.compile(backend="eager")
    names = set()
    detector.features["audio"].register_forward_hook(lambda *_: names.add(threading.current_thread().name))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        scores_of(detector, dataset)
    finally:
        torch.set_num_threads(before)
    assert (names == {"MainThread"}) == is_compiled
