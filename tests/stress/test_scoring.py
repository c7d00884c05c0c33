"""Scores through conditions: clean is the ordinary scoring, and the draws are those of the seed alone."""

from dataclasses import replace

import numpy as np
import pytest
from accelerate import Accelerator
from making.scoring import score_clips

from avdf.stress.conditions import CONDITIONS, conditions_named
from avdf.stress.scoring import Through, scores_through


def all_scores(detector, clips, names, how, seed=0):
    conditions = conditions_named(names, "--conditions")
    return {
        condition.name: scores
        for condition, scores in scores_through(detector, clips, conditions, how, seed=seed)
    }


def test_clean_scores_are_those_of_the_ordinary_scoring_to_1e_6(detector, clips, how):
    clean = all_scores(detector, clips, ["a_law"], how)["clean"]
    ordinary = score_clips(detector, clips, num_crops=2, batch_size=7, accelerator=Accelerator(cpu=True))
    np.testing.assert_allclose(clean, ordinary, atol=1e-6)


def test_clean_scores_by_the_highest_logit_are_those_of_the_ordinary_scoring(detector, clips, how):
    clean = all_scores(detector, clips, ["a_law"], replace(how, whole="max"))["clean"]
    ordinary = score_clips(
        detector, clips, num_crops=2, batch_size=7, accelerator=Accelerator(cpu=True), whole="max"
    )
    np.testing.assert_allclose(clean, ordinary, atol=1e-6)


def test_a_skipped_start_is_skipped_after_the_channel(detector, clips, how):
    """Without its first 150 ms, a clip scores as with 150 ms more skipped, whatever is skipped anyway."""
    skipping = clips.without_start(0.05)
    cut = all_scores(detector, skipping, ["start_cut_150_ms"], how)["start_cut_150_ms"]
    later = score_clips(
        detector, clips.without_start(0.2), num_crops=2, batch_size=16, accelerator=Accelerator(cpu=True)
    )
    np.testing.assert_allclose(cut, later, atol=1e-6)


def test_the_same_seed_gives_the_same_scores_with_any_number_of_processes(detector, clips, how):
    names = ["white_noise_10_db", "excerpt_1_s"]
    alone, together = (all_scores(detector, clips, names, replace(how, workers=number)) for number in (0, 2))
    for name, scores in alone.items():
        np.testing.assert_array_equal(scores, together[name])
    other = all_scores(detector, clips, names, how, seed=1)
    np.testing.assert_array_equal(other["clean"], alone["clean"])
    assert (other["white_noise_10_db"] != alone["white_noise_10_db"]).all()


def test_the_draws_of_a_clip_do_not_depend_on_the_other_clips(detector, clips, how):
    few = clips.selected(np.array([5, 2]))
    [noisy, noisy_few] = [
        all_scores(detector, which, ["white_noise_10_db"], how)["white_noise_10_db"] for which in (clips, few)
    ]
    np.testing.assert_allclose(noisy_few, noisy[[5, 2]], atol=1e-6)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_a_condition_does_the_same_to_a_real_and_to_a_fake_clip(condition, speech):
    """A channel is given neither the label nor the table: equal sound of equal name comes out equal."""
    first, second = (Through(condition, 0, 16000)(speech.copy(), "a.mp4") for _ in range(2))
    np.testing.assert_array_equal(first, second)
    changed = len(first) != len(speech) or not np.array_equal(first, speech)
    assert changed == (condition.name != "clean")
