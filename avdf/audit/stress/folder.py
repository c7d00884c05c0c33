"""Writes stress.csv and the folder stress/: stress.json, stress.html, scores.csv, groups.csv, figures/."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from avdf.audit.figures.drawing import style
from avdf.audit.figures.stress import stress_figure
from avdf.audit.page.page import render
from avdf.audit.tables import stress_groups_table, stress_table
from avdf.files import atomic_folder, json_text, write_csv, write_text
from avdf.run_folder import RunFolder


def write_stress(content: Mapping[str, Any], scores: pd.DataFrame, run: RunFolder) -> dict[str, Any]:
    """Writes the files of a stress test into the folder of a run, or into one like it.

    Returns what stress.json holds, with null for undefined values.
    """
    text = json_text(content)
    stored: dict[str, Any] = json.loads(text)
    with atomic_folder(run.stress) as folder:
        figures = folder / "figures"
        figures.mkdir()
        with style():
            drawing = stress_figure(stored, figures)
        write_text(folder / run.stress_json.name, text)
        write_csv(folder / run.scores_csv.name, scores)
        write_csv(folder / "groups.csv", stress_groups_table(stored["groups"]))
        page = render("stress_page.html", stress=stored, drawings=[drawing])
        write_text(folder / run.stress_html.name, page)
    write_csv(run.stress_csv, stress_table(stored))
    return stored
