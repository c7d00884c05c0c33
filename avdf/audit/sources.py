"""What is audited: a run folder or any score table, read and checked once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from avdf import __version__
from avdf.audit.options import AuditOptions
from avdf.audit.trained_attacks import attacks_trained_on
from avdf.config.evaluation import EvaluationConfig
from avdf.config.stress_json import StressDigest
from avdf.errors import TableError, UserError
from avdf.evaluation.attacks import OF_NOBODY, SeenAttacks
from avdf.evaluation.naming import labelled
from avdf.evaluation.protocol_join import with_protocol
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.scored_split import ScoredSplit
from avdf.evaluation.scores import (
    CheckedScores,
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
_NO_GROUPS = "No column of groups is audited, so nothing is said about whom the errors hit"


@dataclass(frozen=True, kw_only=True)
class AuditInput:
    """A checked score table with its frozen threshold, and what else the report states.

    `probes` are `{feature, auc}`; `warnings` come first on the page; `num_skipped` is the number of files
    that were left out before scoring, None where nobody counted them. `test` is the test split with its
    bootstrap draws where metrics.json has been made from them, so that they are drawn once. `stress` is
    None without a stress test. `seen_attacks` are those trained on.
    """

    scores: CheckedScores
    threshold: Threshold
    groups: tuple[str, ...]
    identity: str | None = "identity"  # the column of the table as given; None: each clip is a person
    provenance: Mapping[str, Any] = field(default_factory=dict)
    probes: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    num_skipped: int | None = None
    folds: Mapping[str, Any] | None = None  # of a run of all folds: what each of them chose
    run: RunFolder | None = None  # the run that the table is of
    test: ScoredSplit | None = None
    stress: StressDigest | None = None
    seen_attacks: SeenAttacks = OF_NOBODY
    seed: int = 0


def read_audit_input(path: Path, options: AuditOptions) -> AuditInput:
    """Reads a run folder, or a CSV of scores.

    The threshold is the first of these that exists: the given one, the column `threshold`, the run's own,
    the best F2 of the validation rows. Raises UserError if there is none, or if an identity of the test
    split is in another split.
    """
    if not path.is_dir():
        scores = read_scores(path, names=options.names)
        return table_audit_input(scores, options, name=str(path))
    run = RunFolder(path)
    if options.is_of_others or options.protocol is not None:
        raise UserError(f"{path}: the columns of a run are known; leave out --score, --label and --protocol")
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
    added: tuple[str, ...] = ()
    if options.protocol is not None:
        scores, added = with_protocol(scores, options.protocol)
    check_names(scores)
    if options.fake:
        scores = labelled(scores, options.fake, options.label)
    groups = tuple(dict.fromkeys((*_groups_of(run, scores, options), *options.bins)))
    if run and options.higher_is != "fake":
        raise UserError(f"{name}: the scores of a run are higher for fake; leave out --higher-is")
    if options.threshold is not None:  # it replaces those of the rows
        options = replace(options, threshold=finite_threshold(options.threshold))
        scores = scores.drop(columns="threshold", errors="ignore")
    identity = options.identity or ("identity" if "identity" in scores else None)
    checked = CheckedScores.with_options(
        scores,
        TableOptions(
            groups=groups,
            identity=identity,
            bins=options.bins,
            higher_is=options.higher_is,
            attack=options.attack,
        ),
    )
    if not groups:
        added = (*added, f"{_NO_GROUPS}; --groups names them (have: {', '.join(map(str, scores.columns))}).")
    checked = replace(checked, warnings=(*checked.warnings, *added))
    if options.threshold is not None and options.higher_is == "bonafide":
        value = reversed_threshold(options.threshold, are_probabilities(scores))
        options = replace(options, threshold=value)
    if not options.allow_overlap:
        _refuse_overlap(checked, name)
    seed = options.seed
    if seed is None:
        seed = run.config().seed if run and run.is_begun else 0
    threshold = _threshold(run, checked, name, replace(options, seed=seed))
    audit_input = audit_input_of(checked, threshold, groups, run=run, identity=identity)
    return replace(audit_input, seed=seed)


def audit_input_of(
    scores: CheckedScores,
    threshold: Threshold,
    groups: Sequence[str],
    *,
    run: RunFolder | None,
    identity: str | None = "identity",
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
        folds=run.choices_of_folds() if run else None,
        run=run,
        stress=run.stress_digest() if run else None,
        seen_attacks=attacks_trained_on(run) if run else OF_NOBODY,
    )


def _groups_of(run: RunFolder | None, scores: pd.DataFrame, options: AuditOptions) -> tuple[str, ...]:
    if run and run.is_begun and not options.groups:
        return tuple(run.config().evaluation.group_columns)
    return options.groups or tuple(name for name in _USUAL_GROUPS if name in scores)


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
        rule = run.config().evaluation if run and run.is_begun else EvaluationConfig()
        return row_threshold(scores.table, beta=rule.beta, prevalence=rule.prevalence)
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
