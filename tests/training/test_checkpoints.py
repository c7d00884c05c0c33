"""States of a training: two kept, a torn one passed over."""

import hashlib
import logging
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from avdf.errors import UserError
from avdf.files import write_json
from avdf.training.checkpoints import load_newest_state, save_state


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


@pytest.mark.parametrize("checksum", ["[]", '{"sha256": 7}', "", "{}"])
def test_a_checksum_that_says_nothing_is_as_good_as_none(tmp_path: Path, checksum: str):
    for step in (5, 10):
        save_state(tmp_path, {"step": step}, epoch=1, step=step)
    (tmp_path / "state-0001-000010.json").write_text(checksum)
    assert load_newest_state(tmp_path) == {"step": 5}


def test_a_whole_state_that_cannot_be_read_is_not_passed_over(tmp_path: Path):
    save_state(tmp_path, {"epoch": 1}, epoch=1, step=0)
    (tmp_path / "state-0002-000000.pt").write_bytes(b"dear diary")
    write_json(tmp_path / "state-0002-000000.json", {"sha256": hashlib.sha256(b"dear diary").hexdigest()})
    with pytest.raises(UserError, match=r"state-0002-000000\.pt: no state that this torch can read"):
        load_newest_state(tmp_path)


def test_where_all_states_are_torn_the_log_says_that_training_begins_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    for epoch in (1, 2):
        save_state(tmp_path, {"epoch": epoch}, epoch=epoch, step=0)
        (tmp_path / f"state-000{epoch}-000000.pt").write_bytes(b"torn")
    with caplog.at_level(logging.WARNING):
        assert load_newest_state(tmp_path) is None
    assert "no whole state is left; the training begins anew" in caplog.text


def test_after_a_torn_state_two_whole_ones_are_kept_again(tmp_path: Path):
    for epoch in (3, 4, 5):
        save_state(tmp_path, {"epoch": epoch}, epoch=epoch, step=0)
    (tmp_path / "state-0005-000000.pt").write_bytes(b"torn")
    assert load_newest_state(tmp_path) == {"epoch": 4}
    save_state(tmp_path, {"epoch": 4.5}, epoch=4, step=10)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [
        "state-0004-000000.pt",
        "state-0004-000010.pt",
    ]


def test_epoch_10000_is_newer_than_epoch_9999(tmp_path: Path):
    for epoch in (9998, 9999, 10000, 10001):
        save_state(tmp_path, {"epoch": epoch}, epoch=epoch, step=0)
    assert load_newest_state(tmp_path) == {"epoch": 10001}
    assert len(list(tmp_path.glob("*.pt"))) == 2


def test_without_a_state_there_is_none(tmp_path: Path):
    assert load_newest_state(tmp_path) is None
    assert load_newest_state(tmp_path / "nowhere") is None


def test_a_full_disk_is_the_users_to_mend_and_the_last_state_stays(tmp_path: Path):
    save_state(tmp_path, {"weights": torch.zeros(10)}, epoch=1, step=0)
    program = (
        "import resource, sys, torch; from pathlib import Path\n"
        "from avdf.training.checkpoints import save_state\n"
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
