"""What is audited: a run folder or any score table, read and checked once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from avdf import __version__
from avdf.config.schema import EvaluationConfig
from avdf.errors import TableError, UserError
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.scored_split import ScoredSplit
from avdf.evaluation.scores import (
    CheckedScores,
    HigherIs,
    TableOptions,
    are_probabilities,
    overlapping_identities,
    reversed_threshold,
)
from avdf.evaluation.table_names import check_names
from avdf.evaluation.threshold import (
    Threshold,
    choose_threshold,
    finite_threshold,
    given_threshold,
    row_threshold,
    stored_threshold,
)
from avdf.files import text_hash
from avdf.run_folder import RunFolder

_USUAL_GROUPS = ("race", "gender")


@dataclass(frozen=True, kw_only=True)
class AuditInput:
    """A checked score table with its frozen threshold, and what else the report states.

    `probes` are `{feature, auc}`; `warnings` come first on the page; `num_skipped` is the number of files
    that were left out before scoring, None where nobody counted them. `test` is the test split with its
    bootstrap draws where metrics.json has been made from them, so that they are drawn once.
    """

    scores: CheckedScores
    threshold: Threshold
    groups: tuple[str, ...]
    identity: str = "identity"  # the column of the table as given; in `scores` it is called identity
    provenance: Mapping[str, Any] = field(default_factory=dict)
    probes: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    num_skipped: int | None = None
    test: ScoredSplit | None = None
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """How a table is read: the options of the command.

    `bins` are the edges of numeric group columns; `threshold` is in the terms of the table, as its scores.
    """

    groups: tuple[str, ...] | None = None  # the run's, or race and gender
    identity: str = "identity"
    threshold: float | None = None
    higher_is: HigherIs = "fake"
    bins: Mapping[str, Sequence[float]] = field(default_factory=dict)
    allow_overlap: bool = False
    seed: int | None = None  # of the resampling; the run's, or 0

    def __post_init__(self) -> None:
        if self.higher_is not in get_args(HigherIs):
            raise UserError(f"higher_is must be fake or bonafide, got {self.higher_is!r}")
        if self.seed is not None and (not isinstance(self.seed, int) or self.seed < 0):
            raise UserError(f"seed must be a whole number >= 0, got {self.seed!r}")
        if not isinstance(self.bins, Mapping):
            raise UserError(f"bins must map columns to edges, as in {{'age': (18, 30)}}, got {self.bins!r}")


def read_audit_input(path: Path, options: AuditOptions) -> AuditInput:
    """Reads a run folder, or a CSV of scores.

    The threshold is the first of these that exists: the given one, the column `threshold`, the run's own,
    the best F2 of the validation rows. Raises UserError if there is none, or if an identity of the test
    split is in another split.
    """
    if not path.is_dir():
        return table_audit_input(read_scores(path), options, name=str(path))
    run = RunFolder(path)
    if not run.scores_csv.is_file():
        raise UserError(f"{path}: holds no {run.scores_csv.name}; give a run folder or a score table")
    return table_audit_input(read_scores(run.scores_csv), options, name=str(path), run=run)


def table_audit_input(
    scores: pd.DataFrame, options: AuditOptions, *, name: str, run: RunFolder | None = None
) -> AuditInput:
    """Checks a score table and finds its threshold, as `read_audit_input`; `name` is for the messages."""
    try:
        return _table_audit_input(scores, options, name, run)
    except TableError as error:
        raise TableError(f"{name}: {error}") from error


def _table_audit_input(
    scores: pd.DataFrame, options: AuditOptions, name: str, run: RunFolder | None
) -> AuditInput:
    check_names(scores)
    groups = tuple(dict.fromkeys((*(options.groups or _groups_of(run, scores, options)), *options.bins)))
    if run and options.higher_is != "fake":
        raise UserError(f"{name}: the scores of a run are higher for fake; leave out --higher-is")
    if options.threshold is not None:  # it replaces those of the rows
        options = replace(options, threshold=finite_threshold(options.threshold))
        scores = scores.drop(columns="threshold", errors="ignore")
    checked = CheckedScores.with_options(
        scores,
        TableOptions(
            groups=groups, identity=options.identity, bins=options.bins, higher_is=options.higher_is
        ),
    )
    if options.threshold is not None and options.higher_is == "bonafide":
        value = reversed_threshold(options.threshold, are_probabilities(scores))
        options = replace(options, threshold=value)
    if not options.allow_overlap:
        _refuse_overlap(checked, name)
    seed = options.seed
    if seed is None:
        seed = run.config().seed if run and run.is_begun else 0
    threshold = _threshold(run, checked, name, replace(options, seed=seed))
    audit_input = audit_input_of(checked, threshold, groups, run=run, identity=options.identity)
    return replace(audit_input, seed=seed)


def audit_input_of(
    scores: CheckedScores,
    threshold: Threshold,
    groups: Sequence[str],
    *,
    run: RunFolder | None,
    identity: str = "identity",
    probes: Sequence[Mapping[str, Any]] | None = None,
) -> AuditInput:
    """A checked table with the warnings, probes and provenance of its run, if there is one.

    `probes` replace those of the run's last audit.
    """
    if probes is None:
        probes = run.probes() if run else ()
    return AuditInput(
        scores=scores,
        threshold=threshold,
        groups=tuple(groups),
        identity=identity,
        provenance={
            **(run.provenance() if run else {}),
            "scores": _hash(scores.table, groups),
            "avdf": __version__,
        },
        probes=tuple(probes),
        warnings=(*(run.warnings() if run else ()), *scores.warnings),
        num_skipped=run.num_skipped() if run else None,
    )


def _groups_of(run: RunFolder | None, scores: pd.DataFrame, options: AuditOptions) -> tuple[str, ...]:
    if run and run.is_begun:
        return tuple(run.config().evaluation.group_columns)
    groups = tuple(name for name in _USUAL_GROUPS if name in scores)
    if not groups and not options.bins:
        raise TableError(
            f"no column race or gender (have: {', '.join(map(str, scores.columns))}); "
            "name the columns to audit with --groups COLUMN ..."
        )
    return groups


def _refuse_overlap(scores: CheckedScores, name: str) -> None:
    shared = overlapping_identities(scores.table)
    if shared:
        more = f" and {len(shared) - 5} more" if len(shared) > 5 else ""
        raise UserError(
            f"{name}: {len(shared)} identities are in test and in another split: "
            f"{', '.join(shared[:5])}{more}; split by person, or accept it with --allow-overlap, and the "
            "report says so"
        )


def _threshold(run: RunFolder | None, scores: CheckedScores, name: str, options: AuditOptions) -> Threshold:
    if options.threshold is not None:
        return given_threshold(options.threshold)
    if "threshold" in scores.table:
        return row_threshold(scores.table)
    stored = run.threshold() if run else None
    if stored is not None:
        return stored_threshold(stored, name)
    validation = scores.of_split("validation")
    if validation.table.empty:
        raise UserError(
            f"{name}: no validation rows to choose a threshold on (have: {', '.join(scores.splits)}); give "
            "the frozen one with --threshold X, or call the split validation"
        )
    rule = EvaluationConfig()
    return choose_threshold(
        validation, rule.threshold, beta=rule.beta, prevalence=rule.prevalence, seed=options.seed or 0
    )


def _hash(table: pd.DataFrame, groups: Sequence[str]) -> str:
    """sha256 of the audited columns; the order of the rows and other columns do not change it."""
    names = sorted({"split", "identity", "is_fake", "score", *groups})
    return text_hash(table[names].sort_values(names).to_csv(index=False, lineterminator="\n"))
