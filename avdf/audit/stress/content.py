"""Scores of the same clips under several conditions -> the content of stress.json."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from avdf.audit.stress.sentences import sentences_of
from avdf.audit.verdicts import verdict_of
from avdf.config.stress_json import DIGEST, StressDigest
from avdf.evaluation.gaps import gaps_of
from avdf.evaluation.groups import rate_of
from avdf.evaluation.harms import HARMS
from avdf.evaluation.scored_split import ScoredSplit
from avdf.evaluation.stress import condition_rates, conditions_of, group_rates, stress_summary
from avdf.evaluation.threshold import Threshold

SCHEMA_VERSION = 1
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class StressFacts:
    """What a stress test was made of, besides its scores.

    `words` of each condition, by name, the clean one first; `seen`: whether training has had it, None where
    nobody knows; `not_measured`: reasons, by condition. `num_people`: of the split that `most_people` were
    drawn from. `source` says which clips they are.
    """

    words: Mapping[str, str]
    seen: Mapping[str, bool | None]
    num_people: int
    most_people: int
    num_crops: int
    source: str
    reads: str = "audio"  # what the detector reads: audio, video, or audio and video
    not_measured: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    provenance: Row = field(default_factory=dict)


def stress_content(
    scores: pd.DataFrame, threshold: Threshold, groups: Sequence[str], facts: StressFacts, *, seed: int
) -> dict[str, Any]:
    """What stress.json holds. `scores`: the columns of a score table and `condition`. Raises TableError."""
    splits = conditions_of(scores, threshold, groups, seed=seed)
    rates = [{"condition": name, **row} for name, split in splits.items() for row in condition_rates(split)]
    summary = stress_summary(rates, next(iter(facts.words)))
    first = next(iter(splits.values()))
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "threshold": threshold.as_dict(),
        "conditions": [
            {"condition": name, "words": facts.words[name], "seen_in_training": facts.seen[name]}
            for name in splits
        ],
        "rates": rates,
        "groups": [
            {"condition": name, **row} for name, split in splits.items() for row in group_rates(split)
        ],
        "verdicts": _verdicts(splits, summary["worst_condition"], seed),
        "summary": summary,
        "not_measured": [
            {"condition": name, "reason": reason} for name, reason in facts.not_measured.items()
        ],
        "sample": {
            "num_clips": len(first.table),
            "num_identities": len(set(first.sums.identity)),
            "num_people": facts.num_people,
            "most_people": facts.most_people,
            "num_crops": facts.num_crops,
            "source": facts.source,
            "reads": facts.reads,
            "seed": seed,
        },
        "warnings": list(facts.warnings),
        "provenance": dict(facts.provenance),
    }
    return {**content, DIGEST: asdict(_digest(content, facts.words))}


def _digest(content: Row, words: Mapping[str, str]) -> StressDigest:
    worst = content["summary"]["worst_condition"]
    return StressDigest(
        sentences=sentences_of(content),
        **content["summary"],
        worst_words={metric: words.get(name) for metric, name in worst.items()},
        num_clips=content["sample"]["num_clips"],
        num_identities=content["sample"]["num_identities"],
    )


def _verdicts(
    splits: Mapping[str, ScoredSplit], worst: Mapping[str, str | None], seed: int
) -> list[dict[str, Any]]:
    """Per attribute and harm, whether the groups differ under the condition that is worst for that harm."""
    verdicts = []
    for harm in HARMS:
        name = worst[harm]
        if name is None:
            continue
        split = splits[name]
        for gap in gaps_of(split.sums, split.groups, seed):
            if gap.metric != harm:
                continue
            rates = {
                group.name: rate_of(split.sums, harm, group.cells)
                for group in split.groups
                if group.attribute == gap.attribute
            }
            verdicts.append({"condition": name, **verdict_of(gap, rates), "gap": asdict(gap)["gap"]})
    return verdicts
