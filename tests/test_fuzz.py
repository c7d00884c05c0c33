"""60 mutated media files of 12 containers: no command dies, and every file is named."""

import importlib.util
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "fuzz.py"


def test_60_mutants_kill_no_command_and_none_is_lost(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("fuzz", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = benchmark  # dataclasses look their module up
    spec.loader.exec_module(benchmark)
    outcome = benchmark.fuzz(tmp_path, number=60, seed=1, workers=2)
    assert outcome.num_died == 0
    assert (outcome.num_named_by_prepare, outcome.num_named_by_predict) == (60, 60)
    assert outcome.num_scored > 10
    assert outcome.slowest_s < 20
