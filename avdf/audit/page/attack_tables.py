"""The table of attacks and the sentence on the worst of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from avdf.audit.page.formatting import Column, Table, count, interval_text, key, metric_text, table_of
from avdf.evaluation.attacks import PER_ATTACK, RANKED_BY

Content = Mapping[str, Any]
_TRAINED_ON = {True: "yes", False: "no", None: "not known"}


def attacks_table(content: Content) -> Table:
    """Every attack, the worst first."""
    columns: list[Column] = [
        ("Attack", key("attack")),
        ("Fakes", key("num_clips", count)),
        ("People", key("num_identities", count)),
    ]
    for metric in PER_ATTACK:
        columns.append((metric.label, _value(metric.key)))
        columns.append(("95 % interval", _interval(metric.key)))
    columns.append(("Trained on", lambda row: _TRAINED_ON[row["seen_in_training"]]))
    columns.append(("Status", key("status")))
    return table_of(columns, content["attacks"])


def worst_attack(content: Content) -> str:
    """One sentence on the attack with the highest EER; "" with fewer than two attacks that have one."""
    known: Sequence[Mapping[str, Any]] = [row for row in content["attacks"] if row[RANKED_BY] is not None]
    if len(known) < 2:
        return ""
    worst, best = known[0], known[-1]
    unseen = ", on which it was not trained" if worst["seen_in_training"] is False else ""
    eers = [metric_text(row["eer"], "eer") for row in (worst, best)]
    return (
        f"The worst of {len(known)} attacks is {worst['attack']}{unseen}: EER {eers[0]} "
        f"({interval_text(worst['ci']['eer'], 'eer')}), {metric_text(worst['fnr'], 'fnr')} of its fakes are "
        f"missed. The best is {best['attack']}, EER {eers[1]}."
    )


def _value(metric: str) -> Any:
    return lambda row: metric_text(row[metric], metric)


def _interval(metric: str) -> Any:
    return lambda row: interval_text(row["ci"][metric], metric)
