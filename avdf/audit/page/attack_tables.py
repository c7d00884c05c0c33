"""The table of attacks and the sentence on the worst of them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from avdf.audit.page.formatting import (
    NOTHING,
    Column,
    Table,
    count,
    interval_text,
    key,
    metric_text,
    p_text,
    table_of,
)
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


def unseen_table(content: Content) -> Table:
    """Every attack when never trained on and when trained on, which those that come last never were."""
    rows = [*content["attacks"], *content["in_no_training"]]
    columns: list[Column] = [("Attack", key("attack")), ("Fakes", key("num_clips", count))]
    if any(row["num_copies"] for row in rows):
        columns.append(("Of them copies", key("num_copies", count)))
    columns.append(("People", key("num_identities", count)))
    for metric in PER_ATTACK:
        columns.append((f"{metric.label}, not trained on", _of_side("unseen", metric.key)))
        columns.append((f"{metric.label}, trained on", _of_side("seen", metric.key)))
    columns.append(("Change of AUC", _of_change(lambda change: metric_text(change["difference"], "auc"))))
    columns.append(("95 % interval", _of_change(lambda change: interval_text(_ends(change), "auc"))))
    columns.append(("p", _of_change(lambda change: p_text(change["p"]))))
    return table_of(columns, rows)


def unseen_notes(content: Content) -> list[str]:
    """Sentences on attacks that are fakers, and on those that were in no training."""
    rows, untrained = content["attacks"], content["in_no_training"]
    of_copies = [row for row in (*rows, *untrained) if row["num_copies"]]
    both = [row["attack"] for row in of_copies if row["num_copies"] < row["num_clips"]]
    notes = []
    if of_copies:
        names = ", ".join(sorted(row["attack"] for row in of_copies))
        notes.append(
            f"Fakers, programs that make fake copies of real clips, are attacks, too: {names}. Each is "
            "judged on its copies of the real clips of test people."
        )
    if both:
        notes.append(
            "Fakes of the data set and copies by a faker of the same name are one attack: "
            f"{', '.join(sorted(both))}."
        )
    if untrained:
        names = ", ".join(row["attack"] for row in untrained)
        notes.append(
            f"In no training at all, whatever is left out: {names}. They are judged by the run on all "
            "attacks, come last in the table, and are in no mean."
        )
    return notes


def unseen_verdict(content: Content) -> str:
    """The mean over attacks, never trained on beside trained on, and the worst of them in words."""
    unseen, seen = content["means"]["unseen"], content["means"]["seen"]
    if not unseen["num_attacks"]:
        return "No attack has fakes of 5 people in the test split: raise data.split.test, or use more people."
    aucs = [metric_text(side["auc"], "auc") for side in (unseen, seen)]
    worst = content["attacks"][0]
    eers = [metric_text(worst[side]["eer"], "eer") for side in ("unseen", "seen")]
    return (
        f"On attacks that it was never trained on, the detector has a mean AUC of {aucs[0]} over "
        f"{unseen['num_attacks']} attacks, and of {aucs[1]} on the same attacks when trained on. The worst "
        f"is {worst['attack']}: EER {eers[0]} ({interval_text(worst['unseen']['ci']['eer'], 'eer')}), "
        f"trained on {eers[1]}."
    )


def unseen_tile(content: Content) -> tuple[str, str] | None:
    """Of an audit: the mean AUC of attacks that were not trained on, and in words of how many."""
    aucs = [row["auc"] for row in content["attacks"] if row["seen_in_training"] is False]
    known = [auc for auc in aucs if auc is not None]
    if not known:
        return None
    words = (
        "one attack" if len(known) == 1 else f"mean of {len(known)}, lowest {metric_text(min(known), 'auc')}"
    )
    return metric_text(sum(known) / len(known), "auc"), words


def why_not_known(content: Content) -> str:
    """Why it is not known whether attacks were trained on, and of how many; "" if it is known of all."""
    reasons = Counter(row["seen_reason"] for row in content["attacks"] if row["seen_in_training"] is None)
    texts = [f"{reason} ({num} attacks)" if num > 1 else reason for reason, num in reasons.items()]
    return f"Trained on is not known: {'; '.join(texts)}." if texts else ""


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


def _of_side(side: str, metric: str) -> Any:
    def text(row: Mapping[str, Any]) -> str:
        if side not in row:
            return NOTHING
        of_side = row[side]
        return f"{metric_text(of_side[metric], metric)} ({interval_text(of_side['ci'][metric], metric)})"

    return text


def _of_change(text: Callable[[Mapping[str, Any]], str]) -> Any:
    return lambda row: text(row["auc_change"]) if "auc_change" in row else NOTHING


def _ends(change: Mapping[str, Any]) -> tuple[float | None, float | None]:
    return change["low"], change["high"]


def _interval(metric: str) -> Any:
    return lambda row: interval_text(row["ci"][metric], metric)
