"""Whether an audit that lacks people would have enough of them over all folds, and the command for it."""

import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from avdf.audit.page.formatting import count
from avdf.audit.verdicts import TOO_COARSE
from avdf.config.schema import Config
from avdf.evaluation.bins import UNKNOWN
from avdf.evaluation.columns import group_names
from avdf.evaluation.gaps import Gap
from avdf.evaluation.groups import RANKED_FROM, rate_of
from avdf.evaluation.harms import HARMS
from avdf.evaluation.identities import cell_of, crossed
from avdf.evaluation.intervals import smallest_detectable
from avdf.evaluation.scored_split import ScoredSplit
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder

_NUM_FOLDS = 5  # where the config has no number
_LABELS = {"audio": ["audio_fake"], "video": ["video_fake"], "any": ["audio_fake", "video_fake"]}
_REPLACED = ("run.dir=", "run.all_folds=", "data.split.fold", "data.split.num_train_voices=")


@dataclass(frozen=True)
class _Enough:
    """A gap that could be judged: people of its smallest group in the data set and in this test split."""

    attribute: str
    in_all: int
    in_test: int


def more_people(run: RunFolder, split: ScoredSplit, lacking: Sequence[Gap]) -> dict[str, str] | None:
    """`text` and `command`, where groups of the run's one split are too small and all people are enough.

    `lacking` are the gaps without enough data. None if clips.csv has too few people for each of them, or
    if the rule of the split has no folds.
    """
    if not lacking or not run.is_begun or run.folds or not run.clips_csv.is_file():
        return None
    config = run.config()
    clips = _clips(run, config, split.columns)
    if config.data.split.name not in ("voice", "strict", "face") or clips is None:
        return None
    helped = [enough for gap in lacking if (enough := _enough(clips, split, gap))]
    if not helped:
        return None
    folds = config.data.split.folds or _NUM_FOLDS
    smallest = min(helped, key=lambda enough: enough.in_all)
    num_tested, num_all = len(set(split.sums.identity)), clips["identity"].nunique()
    text = (
        f"This split tests {count(num_tested)} of {count(num_all)} people. Over {folds} folds each of them "
        f"is tested once: {smallest.in_all} or more per group of {smallest.attribute} instead of "
        f"{smallest.in_test}. If the rates stay alike, that is enough for {len(helped)} of the "
        f"{len(lacking)} verdicts without enough data."
    )
    return {"text": text, "command": _command(run, config, folds)}


def _clips(run: RunFolder, config: Config, columns: Sequence[str]) -> pd.DataFrame | None:
    """identity, is_fake and the groups of all clips of the data set; None if a column is missing."""
    table = read_csv_table(run.clips_csv, "a run writes it")
    labels, identity = _LABELS[config.data.target], "source" if config.data.target == "video" else "voice"
    if not {*labels, identity, *columns} <= set(table):
        return None
    groups = {name: group_names(table[name]) for name in columns}
    is_fake = (table[labels] == "1").any(axis=1)
    return pd.DataFrame({"identity": table[identity], "is_fake": is_fake, **groups})


def _enough(clips: pd.DataFrame, split: ScoredSplit, gap: Gap) -> _Enough | None:
    """None unless two groups have 20 people with such clips and a gap of 0.25 is likely to be found.

    A person of the data set is expected to carry as many effective clips as one of this test split.
    """
    of_harm = clips[clips["is_fake"] == HARMS[gap.metric].of_fakes]
    columns = [gap.attribute] if gap.attribute in split.columns else list(split.columns)
    cell, cells = cell_of(of_harm, columns)
    group = np.array([crossed(names) for names in cells], dtype=object)[cell]
    people = of_harm["identity"].groupby(group).nunique()
    large = people[(people >= RANKED_FROM) & (people.index != UNKNOWN)]
    if len(large) < 2:
        return None
    groups = [group for group in split.groups if group.attribute == gap.attribute]
    rates = {group.name: rate_of(split.sums, gap.metric, group.cells) for group in groups}
    tested = {name: rate for name, rate in rates.items() if rate.num_identities and name in large}
    per_person = {name: rate.num_effective / rate.num_identities for name, rate in tested.items()}
    effective = sorted(number * per_person.get(name, 1.0) for name, number in large.items())
    num_rows = sum(rate.num_rows for rate in tested.values())
    common = sum(rate.num_errors for rate in tested.values()) / num_rows if num_rows else 0.5
    if smallest_detectable(common, effective[0], effective[1]) > TOO_COARSE:
        return None
    in_test = min(rates[name].num_identities if name in rates else 0 for name in large.index)
    return _Enough(gap.attribute, int(large.min()), in_test)


def _command(run: RunFolder, config: Config, folds: int) -> str:
    """The command that started the run, with folds; from the run's own config if it is not known."""
    start, given = ["avdf", "train"], [str(run.config_yaml), "run.dir=null"]
    with suppress(ValueError):  # of a quote that is not closed
        program, name, *words = [*shlex.split(run.environment().get("command") or ""), "", ""]
        words = [word for word in words if word and not word.startswith(_REPLACED) and word != "--all-folds"]
        is_train = name in ("train", "tools/train.py") or name.endswith("/tools/train.py")
        if is_train and words and not any(word.startswith("--") for word in words):
            start = [program, name] if [program, name] == ["python", "tools/train.py"] else start
            given = words
    if config.data.split.num_train_voices is not None:
        given = [*given, "data.split.num_train_voices=null"]
    return shlex.join([*start, *given, f"data.split.folds={folds}", "--all-folds"])
