"""The work of a stress test: sample the clips, score them through each condition, write the report."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from avdf.audit.stress.content import StressFacts, stress_content
from avdf.audit.stress.folder import write_stress
from avdf.data.batches import check_shared_memory
from avdf.data.clips import Target
from avdf.data.dataset import LabelledClips
from avdf.detector import Detector
from avdf.errors import ConfigError, UserError
from avdf.evaluation.threshold import Threshold
from avdf.files import text_hash
from avdf.run_folder import RunFolder
from avdf.scoring import score_table
from avdf.stress.conditions import CLEAN, Condition
from avdf.stress.sample import MOST_PEOPLE, sampled
from avdf.stress.scoring import HowToScore, scores_through
from avdf.stress.seen import is_seen
from avdf.stress.unfinished import Unfinished

_FEWEST_ITEMS = 400  # crops; below, starting processes takes longer than they save
_PROCESSES = 2


@dataclass(frozen=True, kw_only=True)
class StressTest:
    """A detector, the clips that it is tried on, and how.

    `heard`: the channels of its training, None where nobody knows. `source` says which clips they are;
    `key` identifies the detector's weights and the data.
    """

    detector: Detector
    clips: LabelledClips
    target: Target
    threshold: Threshold
    groups: Sequence[str]
    conditions: Sequence[Condition]
    how: HowToScore
    seed: int
    source: str
    key: str
    heard: frozenset[str] | None = None
    warnings: Sequence[str] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)


def stress(test: StressTest, out: RunFolder) -> dict[str, Any]:
    """Runs a stress test, writes stress.csv and stress/ into `out`, and returns what stress.json holds.

    Conditions that an interrupted stress test of the same detector and clips has finished are kept.
    """
    everybody = _table(test, test.clips)["identity"].to_numpy(object)
    sees = "video" in test.detector.encoders
    clips = sampled(test.clips, everybody, test.seed, every_clip=sees)
    table = _table(test, clips)
    conditions, not_measured = _possible(test.conditions)
    unfinished = Unfinished(out.stress_unfinished_csv, _key(test, clips), list(table["clip"]))
    scored = unfinished.read()
    missing = [condition for condition in conditions if condition.name not in scored]
    try:
        results = scores_through(test.detector, clips, missing, _with_workers(test, clips), seed=test.seed)
        for condition, scores in results:
            scored[condition.name] = scores
    except KeyboardInterrupt:
        unfinished.write(scored)
        raise
    scores = pd.concat(
        [
            table.assign(condition=condition.name, score=scored[condition.name]).loc[:, ["condition", *table]]
            for condition in conditions
        ],
        ignore_index=True,
    )
    facts = _facts(test, conditions, not_measured, len(set(everybody)))
    stored = write_stress(
        stress_content(scores, test.threshold, test.groups, facts, seed=test.seed), scores, out
    )
    unfinished.remove()
    return stored


def _table(test: StressTest, clips: LabelledClips) -> pd.DataFrame:
    return score_table(clips.table, "test", clips.is_fake, np.zeros(len(clips)), test.target)


def _possible(conditions: Sequence[Condition]) -> tuple[list[Condition], dict[str, str]]:
    """The conditions that this machine can make, and why it cannot make the others."""
    possible, reasons = [], {}
    for condition in conditions:
        try:
            condition.build()
            possible.append(condition)
        except ConfigError as error:
            reasons[condition.name] = str(error)
    return possible, reasons


def _with_workers(test: StressTest, clips: LabelledClips) -> HowToScore:
    """Two processes apply channels while this one scores, where there is enough to do for them."""
    num_items = len(clips) * test.how.num_crops * len(test.conditions)
    if test.how.workers is not None or (os.cpu_count() or 1) < _PROCESSES or num_items < _FEWEST_ITEMS:
        return test.how
    try:
        check_shared_memory(clips.sample_bytes * test.how.batch_size, _PROCESSES)
    except UserError:
        return test.how
    return replace(test.how, workers=_PROCESSES)


def _facts(
    test: StressTest, conditions: Sequence[Condition], not_measured: Mapping[str, str], num_people: int
) -> StressFacts:
    return StressFacts(
        words={condition.name: condition.words for condition in conditions},
        seen={
            condition.name: None
            if test.heard is None and condition.name != CLEAN
            else is_seen(condition, test.heard or frozenset())
            for condition in conditions
        },
        not_measured=not_measured,
        num_people=num_people,
        most_people=MOST_PEOPLE,
        num_crops=test.how.num_crops,
        source=test.source,
        reads=" and ".join(sorted(test.detector.encoders)),
        warnings=test.warnings,
        provenance=test.provenance,
    )


def _key(test: StressTest, clips: LabelledClips) -> str:
    """Another key: scores of another detector, of other clips or of other settings."""
    how = test.how
    settings = [test.key, test.seed, how.num_crops, how.whole, clips.num_samples, clips.sample_rate_hz]
    return text_hash(json.dumps([settings, [asdict(condition) for condition in test.conditions]]))[:16]
