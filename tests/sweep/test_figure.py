"""The picture of a sweep: what it says where there is nothing to draw."""

import math

import pandas as pd
from matplotlib.axes import Axes

from avdf.sweep.report import sweep_figure

IMPORTANCE = pd.DataFrame(
    {"parameter": ["train.learning_rate", "model.augment.gain"], "importance": [1.0, math.nan]}
).assign(among="all trials")
GAINS = ("gain_alone", "gain_alone_sd", "gain_in_best", "gain_in_best_sd")
ABLATION = pd.DataFrame({"augmentation": ["gain"], "in_best": [False], **{key: [0.01] for key in GAINS}})


def trials(*states: str) -> pd.DataFrame:
    return pd.DataFrame({"trial": range(len(states)), "state": states, "f2": 0.5})


def words(axes: Axes) -> list[str]:
    return [text.get_text().strip() for text in axes.texts]


def labels(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_the_legend_names_the_given_up_where_there_are_some():
    axes = sweep_figure(trials("complete", "complete"), IMPORTANCE, None).axes[0]
    assert labels(axes) == ["finished", "best so far"]
    axes = sweep_figure(trials("complete", "pruned"), IMPORTANCE, None).axes[0]
    assert labels(axes) == ["given up early", "finished", "best so far"]


def test_an_undefined_importance_is_said_and_not_drawn_as_zero():
    axes = sweep_figure(trials("complete"), IMPORTANCE, None).axes[1]
    assert words(axes) == ["too few trials"]
    assert sorted(bar.get_width() for bar in axes.patches if not math.isnan(bar.get_width())) == [1.0]


def test_a_gain_of_trainings_that_failed_is_said():
    failed = ABLATION.assign(gain_in_best=math.nan, gain_in_best_sd=math.nan)
    axes = sweep_figure(trials("complete"), IMPORTANCE, failed).axes[2]
    assert words(axes) == ["failed"]


def test_the_gains_have_at_most_six_ticks_however_small_they_are():
    axes = sweep_figure(trials("complete"), IMPORTANCE, ABLATION.assign(gain_alone=0.0234)).axes[2]
    assert len(axes.get_xticks()) <= 6
