"""States of a training: two kept, a torn one passed over."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from avdf.checkpoints import load_newest_state, save_state


def test_the_newest_two_states_are_kept(tmp_path: Path):
    for epoch in range(4):
        save_state(tmp_path, {"epoch": epoch}, epoch=epoch, step=0)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [
        "state-0002-000000.pt",
        "state-0003-000000.pt",
    ]
    assert load_newest_state(tmp_path) == {"epoch": 3}


def test_a_torn_state_falls_back_to_the_one_before_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    for step in (5, 10):
        save_state(tmp_path, {"weights": torch.full((100,), float(step))}, epoch=1, step=step)
    newest = tmp_path / "state-0001-000010.pt"
    newest.write_bytes(newest.read_bytes()[:-7])
    with caplog.at_level(logging.WARNING):
        state = load_newest_state(tmp_path)
    assert state is not None
    assert state["weights"][0] == 5
    assert "state-0001-000010.pt is torn" in caplog.text


def test_without_a_state_there_is_none(tmp_path: Path):
    assert load_newest_state(tmp_path) is None
    assert load_newest_state(tmp_path / "nowhere") is None


def test_a_full_disk_is_the_users_to_mend_and_the_last_state_stays(tmp_path: Path):
    save_state(tmp_path, {"weights": torch.zeros(10)}, epoch=1, step=0)
    program = (
        "import resource, sys, torch; from pathlib import Path\n"
        "from avdf.checkpoints import save_state\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "save_state(Path(sys.argv[1]), {'weights': torch.zeros(10_000)}, epoch=2, step=0)"
    )
    ended = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True)
    assert "UserError" in ended.stderr.splitlines()[-1]
    assert "state-0002-000000.pt: can't be written (File too large)" in ended.stderr.splitlines()[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "state-0001-000000.json",
        "state-0001-000000.pt",
    ]
    assert len(load_newest_state(tmp_path)["weights"]) == 10
