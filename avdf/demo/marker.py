"""The mark of made-up data: DEMO.json in its folder, and the warning on top of every report."""

import json
from pathlib import Path
from typing import Any

MARKER_NAME = "DEMO.json"
MADE_UP = "MADE-UP DATA: the demo's voices and faces are made by code; its metrics mean nothing elsewhere"


def demo_facts(folder: Path) -> dict[str, Any] | None:
    """What DEMO.json says in a data set's folder, or in a root at most two levels below; None without one."""
    for pattern in (MARKER_NAME, f"*/{MARKER_NAME}", f"*/*/{MARKER_NAME}"):
        for path in sorted(folder.glob(pattern)):
            try:
                facts = json.loads(path.read_text("utf-8"))
            except (OSError, ValueError, RecursionError):
                continue
            if isinstance(facts, dict) and facts.get("made_up") is True:
                return facts
    return None


def is_demo(root: Path) -> bool:
    """Whether a data set's folder holds clips of make_demo, so that metrics on it mean nothing elsewhere."""
    return demo_facts(root) is not None
