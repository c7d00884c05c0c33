"""The stress tests of all folds as one, over all people."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from avdf.audit.stress.content import StressFacts, stress_content
from avdf.audit.stress.folder import write_stress
from avdf.config.schema import Config
from avdf.config.stress_json import StressDigest
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.threshold import row_threshold
from avdf.files import read_json
from avdf.run_folder import RunFolder, common_warnings, joint_provenance


def pool_stress(config: Config, folds: Sequence[RunFolder], run: RunFolder) -> StressDigest | None:
    """Writes stress.csv and stress/ of the test clips of all folds, each called at the threshold of its fold.

    None, and nothing is written, if a fold has no stress test. Conditions that not all folds have are left
    out, and named as not measured.
    """
    if not all(fold.stress_json.is_file() for fold in folds):
        return None
    of_folds = [read_json(fold.stress_json) for fold in folds]
    facts = _facts(of_folds, folds)
    scores = pd.concat([_scores(fold) for fold in folds], ignore_index=True)
    scores = pd.concat([scores[scores["condition"] == name] for name in facts.words], ignore_index=True)
    rule = config.evaluation
    threshold = row_threshold(scores, beta=rule.beta, prevalence=rule.prevalence)
    content = stress_content(scores, threshold, rule.group_columns, facts, seed=config.seed)
    write_stress(content, scores, run)
    return run.stress_digest()


def _scores(fold: RunFolder) -> pd.DataFrame:
    """The scores of a fold's stress test, with the threshold of the fold in each row."""
    scores = read_scores(fold.stress / fold.scores_csv.name).astype({"is_fake": int})
    return scores.assign(threshold=fold.metrics()["threshold"]["value"])


def _facts(of_folds: Sequence[dict[str, Any]], folds: Sequence[RunFolder]) -> StressFacts:
    first, *others = ({row["condition"]: row for row in stored["conditions"]} for stored in of_folds)
    everywhere = [name for name in first if all(name in other for other in others)]
    not_measured = {row["condition"]: row["reason"] for stored in of_folds for row in stored["not_measured"]}
    partly = {name for rows in (first, *others) for name in rows} - set(everywhere)
    samples = [stored["sample"] for stored in of_folds]
    return StressFacts(
        words={name: first[name]["words"] for name in everywhere},
        seen={name: first[name]["seen_in_training"] for name in everywhere},
        not_measured={**not_measured, **dict.fromkeys(sorted(partly), "not all folds have it")},
        num_people=sum(sample["num_people"] for sample in samples),
        most_people=sum(sample["most_people"] for sample in samples),
        num_crops=samples[0]["num_crops"],
        source="the test splits of all folds",
        reads=samples[0].get("reads", "audio"),
        warnings=common_warnings(folds),
        provenance=joint_provenance(folds),
    )
