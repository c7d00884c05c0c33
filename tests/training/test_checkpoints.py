"""Saved states of a training: two are kept, a damaged one is skipped, another format is refused."""

import hashlib
import logging
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from avdf.config.schema import ModelConfig
from avdf.config.training import TrainConfig
from avdf.detector import build_detector
from avdf.errors import UserError
from avdf.files import write_json
from avdf.training.checkpoints import Checkpointer, load_newest_state, save_state
from avdf.training.state import TrainState, new_state

MODEL = ModelConfig(encoders={"audio": {"name": "audio_cnn", "channels": [4]}})


def small_state() -> TrainState:
    return new_state(build_detector(MODEL, 16000), TrainConfig(), num_steps=10, num_groups=1)


def writer(folder: Path | None, every_minutes: float = 10) -> Checkpointer:
    return Checkpointer(folder, every_minutes=every_minutes, is_writer=True)


def test_a_restored_state_continues_at_the_step_that_was_saved(tmp_path: Path):
    state, again = small_state(), small_state()
    state.progress.end_epoch({"auc": 0.75})
    state.progress.step, state.progress.loss_sum = 1, 0.5
    state.best.offer(0, (0.75,), state.detector)
    writer(tmp_path).save(state)
    writer(tmp_path).restore(again)
    assert vars(again.progress) == {"epoch": 1, "step": 1, "loss_sum": 0.5, "rows": [{"auc": 0.75}]}
    assert (again.best.epoch, again.best.rank) == (0, (0.75,))
    first = "encoders.audio.blocks.0.weight"
    assert torch.equal(again.best.weights[first], state.detector.state_dict()[first])


@pytest.mark.parametrize("state", [{"history": {}, "weights": {}}, {"format": 3}, {"format": True}])
def test_a_state_of_another_format_is_refused_with_the_remedy(tmp_path: Path, state: dict):
    save_state(tmp_path, state, epoch=0, step=5)
    with pytest.raises(UserError, match=r"states of format .* reads 2; finish the run with the avdf"):
        writer(tmp_path).restore(small_state())


@pytest.mark.parametrize("change", [{"epoch": -1}, {"epoch": "5"}, {"step": 2.0}, {"colour": 1}])
def test_a_state_with_another_progress_is_refused(tmp_path: Path, change: dict):
    saved = small_state().as_dict()
    save_state(tmp_path, saved | {"progress": {**saved["progress"], **change}}, epoch=0, step=5)
    with pytest.raises(UserError, match="holds the state of another network, or of another avdf"):
        writer(tmp_path).restore(small_state())


def test_a_state_of_200_gb_is_refused_before_it_is_read(tmp_path: Path):
    writer(tmp_path).save(small_state())
    with (tmp_path / "state-0000-000000.pt").open("r+b") as file:
        file.truncate(200_000_000_000)  # takes no space on the disk
    with pytest.raises(UserError, match=r"state-0000-000000\.pt: larger than a state of this network can be"):
        writer(tmp_path).restore(small_state())


def test_a_state_that_is_a_list_is_refused(tmp_path: Path):
    save_state(tmp_path, [1, 2], epoch=0, step=5)
    with pytest.raises(UserError, match="holds a list, not a state"):
        load_newest_state(tmp_path)


def test_a_process_that_is_not_the_writer_and_one_without_a_folder_write_nothing(tmp_path: Path):
    Checkpointer(tmp_path, every_minutes=10, is_writer=False).save(small_state())
    writer(None).save(small_state())
    assert not list(tmp_path.iterdir())


def test_a_save_is_due_by_the_clock_and_not_right_after_another(tmp_path: Path):
    assert writer(tmp_path, every_minutes=1e-9).is_due()
    checkpointer = writer(tmp_path, every_minutes=1)
    checkpointer._last_save_s -= 61
    assert checkpointer.is_due()
    checkpointer.save(small_state())
    assert not checkpointer.is_due()


def test_the_newest_two_states_are_kept(tmp_path: Path):
    for epoch in range(4):
        save_state(tmp_path, {"epoch": epoch}, epoch=epoch, step=0)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [
        "state-0002-000000.pt",
        "state-0003-000000.pt",
    ]
    assert load_newest_state(tmp_path) == {"epoch": 3}


def test_a_truncated_state_is_skipped_with_a_line_in_the_log(
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
    assert "state-0001-000010.pt is damaged" in caplog.text


@pytest.mark.parametrize("checksum", ["[]", '{"sha256": 7}', "", "{}"])
def test_a_state_with_an_unreadable_checksum_is_skipped(tmp_path: Path, checksum: str):
    for step in (5, 10):
        save_state(tmp_path, {"step": step}, epoch=1, step=step)
    (tmp_path / "state-0001-000010.json").write_text(checksum)
    assert load_newest_state(tmp_path) == {"step": 5}


def test_an_undamaged_state_that_cannot_be_read_is_not_skipped(tmp_path: Path):
    save_state(tmp_path, {"epoch": 1}, epoch=1, step=0)
    (tmp_path / "state-0002-000000.pt").write_bytes(b"dear diary")
    write_json(tmp_path / "state-0002-000000.json", {"sha256": hashlib.sha256(b"dear diary").hexdigest()})
    with pytest.raises(UserError, match=r"state-0002-000000\.pt: not a state that this torch can read"):
        load_newest_state(tmp_path)


def test_with_damaged_states_only_the_log_says_that_training_starts_from_the_beginning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    for epoch in (1, 2):
        save_state(tmp_path, {"epoch": epoch}, epoch=epoch, step=0)
        (tmp_path / f"state-000{epoch}-000000.pt").write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        assert load_newest_state(tmp_path) is None
    assert "no undamaged state is left; the training starts from the beginning" in caplog.text


def test_after_a_damaged_state_two_undamaged_ones_are_kept_again(tmp_path: Path):
    for epoch in (3, 4, 5):
        save_state(tmp_path, {"epoch": epoch}, epoch=epoch, step=0)
    (tmp_path / "state-0005-000000.pt").write_bytes(b"damaged")
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


def test_a_full_disk_is_a_user_error_and_the_last_state_stays(tmp_path: Path):
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
