"""The table of what a detector finds with sound and picture, with either alone, and by each head."""

from collections.abc import Mapping
from typing import Any

from avdf.audit.page.formatting import Column, Table, count, interval_text, key, metric_text, table_of
from avdf.evaluation.modalities import SCORES


def modality_table(content: Mapping[str, Any]) -> Table:
    """A row per score and type of clip."""
    columns: list[Column] = [
        ("Scored with", lambda row: SCORES[row["score"]][0]),
        ("Type", key("type")),
        ("Clips", key("num_clips", count)),
        ("People", key("num_identities", count)),
        ("AUC", lambda row: metric_text(row["auc"], "auc")),
        ("95 % interval", lambda row: interval_text(row["ci"]["auc"], "auc")),
        ("EER", lambda row: metric_text(row["eer"], "eer")),
        ("Status", key("status")),
    ]
    return table_of(columns, content["modalities"])
