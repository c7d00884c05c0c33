"""Audio-visual deepfake detection, and audits of any detector's scores.

`avdf.audit_scores` and the other names of `dir(avdf)` are loaded when they are first used: `import avdf`
itself loads neither torch nor pandas.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from avdf import testing as testing
    from avdf.api import load_detector as load_detector
    from avdf.api import predict as predict
    from avdf.api import run_experiment as run_experiment
    from avdf.api import split_clips as split_clips
    from avdf.audit.options import AuditOptions as AuditOptions
    from avdf.audit.report import AuditReport as AuditReport
    from avdf.audit.report import audit_scores as audit_scores
    from avdf.corpora import read_corpus as read_corpus
    from avdf.evaluation.metrics import binary_metrics as binary_metrics
    from avdf.evaluation.threshold_rules import best_threshold as best_threshold

__version__ = "0.1.0"

_MODULES = {
    "AuditOptions": "avdf.audit.options",
    "AuditReport": "avdf.audit.report",
    "audit_scores": "avdf.audit.report",
    "best_threshold": "avdf.evaluation.threshold_rules",
    "binary_metrics": "avdf.evaluation.metrics",
    "load_detector": "avdf.api",
    "predict": "avdf.api",
    "read_corpus": "avdf.corpora",
    "run_experiment": "avdf.api",
    "split_clips": "avdf.api",
}


def __getattr__(name: str) -> Any:
    if name == "testing":
        return importlib.import_module("avdf.testing")
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'avdf' has no attribute {name!r} (have: {', '.join(__dir__())})")


def __dir__() -> list[str]:
    return sorted([*_MODULES, "__version__", "testing"])
