"""The objective: F2 on validation alone, of one split or averaged over folds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest

from avdf.config.schema import Config, SplitConfig
from avdf.errors import ConfigError
from avdf.experiment.machine import new_accelerator
from avdf.experiment.run import new_detector, train
from avdf.experiment.scores import score_split
from avdf.sweep.objective import f2_kept, load_folds, validation_f2


def test_three_folds_hold_all_clips_but_the_test_split_and_share_no_voice(config: Config, tmp_path: Path):
    folds = load_folds(config, 3, tmp_path)
    split = folds[0].split.table
    test_clips = set(split["clip"][split["split"] == "test"])
    all_clips = set(folds[0].clips["clip"])
    validated: list[str] = []
    for fold in folds:
        assert set(fold.splits) == {"train", "validation"}
        tables = {name: part.table for name, part in fold.splits.items()}
        assert not set(tables["train"]["voice"]) & set(tables["validation"]["voice"])
        assert not {*tables["train"]["clip"], *tables["validation"]["clip"]} & test_clips
        validated += list(tables["validation"]["clip"])
    assert sorted(validated) == sorted(all_clips - test_clips)  # each clip once


def test_the_objective_is_the_mean_over_folds_of_f2_at_the_best_epoch(config: Config, tmp_path: Path):
    folds = load_folds(config, 3, tmp_path)
    accelerator = new_accelerator(config, None)
    reported: list[tuple[int, float]] = []
    mean = validation_f2(config, folds, accelerator, on_epoch=lambda *item: reported.append(item))
    alone = [validation_f2(config, [fold], accelerator) for fold in folds]
    assert mean == pytest.approx(np.mean(alone))
    assert [epoch for epoch, _ in reported] == [1, 2, 3, 4, 5, 6]
    assert reported[1][1] == alone[0]
    assert reported[-1][1] == pytest.approx(mean)


def test_the_objective_equals_the_best_f2_of_scikit_learn_on_the_validation_scores(
    config: Config, tmp_path: Path
):
    """At prevalence one half, with as many real as fake clips, F2 at the prevalence is plain F2."""
    from sklearn.metrics import fbeta_score

    folds = load_folds(config, None, tmp_path)
    accelerator = new_accelerator(config, None)
    f2 = validation_f2(config, folds, accelerator)
    detector = new_detector(config)
    train(config, detector, folds[0], accelerator)
    table = score_split(config, detector, folds[0], "validation", accelerator)
    is_fake, score = table["is_fake"].to_numpy(), table["score"].to_numpy()
    assert is_fake.mean() == 0.5
    assert f2 == pytest.approx(
        max(fbeta_score(is_fake, score >= threshold, beta=2) for threshold in np.unique(score)[1:])
    )


def test_folds_of_a_split_by_clip_are_refused(config: Config, tmp_path: Path):
    by_clip = replace(config, data=replace(config.data, split=SplitConfig(name="clip")))
    with pytest.raises(
        ConfigError, match=r"--folds goes with data\.split\.name: voice, strict or face, got clip"
    ):
        load_folds(by_clip, 3, tmp_path)


def epoch(number: int, f2: float, auc: float) -> dict[str, float]:
    return {"epoch": number, "f2_at_prevalence": f2, "auc": auc}


def test_f2_is_taken_at_the_epoch_whose_weights_are_kept():
    epochs = [epoch(1, 0.9, 0.7), epoch(2, 0.8, 0.8), epoch(3, 0.9, 0.75), epoch(4, 0.6, 0.6)]
    assert f2_kept(epochs, "f2") == 0.9
    assert f2_kept(epochs, "auc") == 0.8
    assert f2_kept(epochs, "last") == 0.6
    assert f2_kept(epochs[:3], "last") == 0.9


@pytest.mark.parametrize("checkpoint", ["f2", "auc", "last"])
def test_the_value_reported_at_an_epoch_is_the_objective_if_training_stopped_there(
    config: Config, tmp_path: Path, checkpoint: str
):
    rule = replace(config.train, checkpoint=checkpoint, epochs=3, learning_rate=0.01)  # epoch 1 is best
    reported: list[float] = []
    folds = load_folds(config, None, tmp_path)
    f2 = validation_f2(
        replace(config, train=rule),
        folds,
        new_accelerator(config, None),
        on_epoch=lambda _, f2: reported.append(f2),
    )
    assert reported[-1] == f2
    assert len(reported) == 3


def test_a_pruned_training_leaves_no_network_in_the_accelerator(config: Config, tmp_path: Path):
    def prune(epoch: int, f2: float) -> None:
        raise optuna.TrialPruned

    accelerator = new_accelerator(config, None)
    with pytest.raises(optuna.TrialPruned):
        validation_f2(config, load_folds(config, None, tmp_path), accelerator, on_epoch=prune)
    assert accelerator._models == []
