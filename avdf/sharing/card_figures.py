"""The figures of a model card as Markdown tables: none stands without its interval and what is beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from avdf.audit.page.attack_tables import attacks_table
from avdf.audit.page.formatting import (
    NOTHING,
    Table,
    count,
    interval_text,
    metric_text,
    number,
    people,
    percent,
    table_of,
)
from avdf.audit.page.tables import without_copies_note
from avdf.audit.paper import PaperTable, groups_of_paper, markdown
from avdf.evaluation.harms import HARMS
from avdf.evaluation.scored_split import METRIC_OF
from avdf.files import read_json
from avdf.run_folder import RunFolder

Content = Mapping[str, Any]
_BESIDE = ("auc", *HARMS)  # the columns of every row
_NOTABLE_AUC = 0.6  # of a probe that tells fakes from real clips without hearing them
# Hugging Face's metric type, ours, and its name.
_REPORTED = (
    ("roc_auc", "auc", "AUC"),
    ("equal_error_rate", "eer", "EER"),
    ("f2", "f2", "F2 at the frozen threshold"),
    ("false_positive_rate", "fpr", "real clips called fake at the frozen threshold"),
    ("false_negative_rate", "fnr", "fakes missed at the frozen threshold"),
)


def reported() -> tuple[tuple[str, str, str], ...]:
    """(Hugging Face's type, key in audit.json, name) of each metric in the front matter."""
    return _REPORTED


def beside_markdown(run: RunFolder, audit: Content) -> str:
    """In domain, through the worst channel, on attacks never trained on and on other corpora: one table."""
    rows = [_row(f"test split, {_size(audit['overall'])}", audit["overall"])]
    digest = run.stress_digest()
    rows.append(
        ("worst channel", *(digest.beside(metric) for metric in _BESIDE))
        if digest
        else _unmeasured("worst channel", "avdf stress")
    )
    rows.append(_unseen(run, audit))
    for other in run.folders_elsewhere():
        metrics = other.metrics()["splits"].get("test") or {}
        if metrics:
            rows.append(_row(f"another corpus, {other.name}, {_size(metrics)}", metrics))
    header = ("where", *(METRIC_OF[metric].label for metric in _BESIDE))
    caption = (
        "FPR: the share of real clips called fake; FNR: the share of fakes missed; both at the frozen "
        "threshold. In brackets 95 % intervals over people."
    )
    return _table("beside", caption, Table(header=header, rows=tuple(rows)))


def groups_markdown(audit: Content) -> str:
    """Both error rates of each group; a group of few people has counts only."""
    if not audit["groups"]:
        return ""
    return _table("groups", "Error rates by group, 95 % intervals over people.", groups_of_paper(audit))


def attacks_markdown(audit: Content) -> str:
    """Each attack's fakes against all real clips."""
    if not audit["attacks"]:
        return "The data does not say which system made a fake.\n"
    return _table("attacks", "Fakes of each attack against all real clips.", attacks_table(audit))


def coverage_lines(audit: Content) -> list[str]:
    """The share of test clips that got a score, in words; nothing where the audit does not say."""
    return [
        f"Coverage: {percent(row['coverage'])} of {count(row['num_clips'])} test clips have a score "
        f"({percent(row['coverage_real'])} of the real ones, {percent(row['coverage_fake'])} of the fakes)."
        for row in audit["coverage"]
        if row["attribute"] == "all"
    ]


def shortcuts_markdown(audit: Content) -> str:
    """What tells fake from real in the test clips without hearing them."""
    notable = [row for row in audit["shortcuts"] if (row["auc"] or 0) >= _NOTABLE_AUC]
    if not audit["shortcuts"]:
        return "Not measured.\n"
    if not notable:
        return (
            f"None of {len(audit['shortcuts'])} properties of the files (length, level, codec and the like) "
            f"tells fakes from real clips with an AUC of {_NOTABLE_AUC} or more.\n"
        )
    rows = sorted(notable, key=lambda row: -row["auc"])
    table = table_of(
        (("Property", lambda row: row["feature"]), ("AUC", lambda row: number(row["auc"]))), rows
    )
    caption = "Properties of the files that alone tell fakes from real test clips."
    return _table("shortcuts", f"{caption} {without_copies_note(audit['shortcuts'])}".strip(), table)


def _row(name: str, metrics: Content) -> tuple[str, ...]:
    values = []
    for metric in _BESIDE:
        ends = interval_text((metrics.get("ci") or {}).get(metric) or (None, None), metric)
        value = metric_text(metrics.get(metric), metric)
        values.append(value if ends == NOTHING else f"{value} ({ends})")
    return (name, *values)


def _size(metrics: Content) -> str:
    return f"{count(metrics['num_clips'])} clips of {people(metrics['num_identities'])}"


def _unseen(run: RunFolder, audit: Content) -> tuple[str, ...]:
    """The row of attacks that training never had: of all left out in turn, or of those in this test split."""
    name = "attacks never trained on"
    if run.unseen_attacks_json.is_file():
        mean = read_json(run.unseen_attacks_json)["means"]["unseen"]
        words = f"{name}, mean of {mean['num_attacks']}"
        return (words, *(metric_text(mean.get(metric), metric) for metric in _BESIDE))
    rows = [row for row in audit["attacks"] if row["seen_in_training"] is False]
    known = [row for row in rows if row["auc"] is not None]
    if not known:
        return _unmeasured(name, "avdf train --each-attack-out")
    means = {metric: _mean([row.get(metric) for row in known]) for metric in _BESIDE}
    return (f"{name}, mean of {len(known)}", *(metric_text(means[metric], metric) for metric in _BESIDE))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _unmeasured(name: str, command: str) -> tuple[str, ...]:
    return (name, f"not measured ({command})", *[NOTHING] * (len(_BESIDE) - 1))


def _table(name: str, caption: str, table: Table) -> str:
    return markdown(PaperTable(name=name, caption=caption, table=table))
