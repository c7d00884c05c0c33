"""The lists of metrics, of harms and of splits are each written in one file of avdf.

The file names of a run folder: tests/test_run_folder.py.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import avdf
from avdf.config.schema import SPLITS
from avdf.evaluation.harms import HARMS
from avdf.evaluation.metrics import METRICS

TOP = Path(avdf.__file__).parent


def words_of_collections(path: Path) -> Iterator[set[str]]:
    """The strings of each list, tuple, set, and of the keys of each mapping, in a Python file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            items = node.elts
        elif isinstance(node, ast.Dict):
            items = [key for key in node.keys if key]
        else:
            continue
        yield {item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)}


def test_no_file_but_one_lists_the_harms():
    listing = {
        str(path.relative_to(TOP))
        for path in TOP.rglob("*.py")
        for words in words_of_collections(path)
        if set(HARMS) <= words
    }
    assert listing == set()  # harms.py makes its mapping from the keys of Harm


def test_no_file_but_one_lists_four_metrics():
    keys = {metric.key for metric in METRICS} - {"f_beta"}  # also the name of a threshold rule
    listing = {
        str(path.relative_to(TOP))
        for path in TOP.rglob("*.py")
        for words in words_of_collections(path)
        if len(keys & words) >= 4
    }
    assert listing == set()  # metrics.py gives one key per Metric


def test_one_file_alone_lists_the_three_splits():
    listing = {
        str(path.relative_to(TOP))
        for path in TOP.rglob("*.py")
        for words in words_of_collections(path)
        if set(SPLITS) <= words
    }
    assert listing == {"config/schema.py"}


def test_every_metric_that_is_shown_has_a_unit_and_an_interval():
    assert len({metric.key for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.interval != "wilson" or metric.key in HARMS, metric.key
        assert (metric.interval == "complement") == bool(metric.complement_of), metric.key
        assert metric.per_group or not metric.compact, metric.key
