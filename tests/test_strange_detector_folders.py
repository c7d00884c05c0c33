"""Untrusted detector folders are refused in one message, within seconds and in little memory."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from making.detectors import save_small_detector
from making.pace import slowness
from making.strange_detectors import STRANGE

from avdf.detector_folder import load_detector
from avdf.errors import UserError


@pytest.fixture
def strange(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    save_small_detector(tmp_path)
    STRANGE[request.param](tmp_path)
    return tmp_path


@pytest.mark.parametrize("strange", list(STRANGE), indirect=True)
def test_a_strange_folder_is_refused_in_one_message_within_seconds(strange: Path):
    started = time.perf_counter()
    with pytest.raises(UserError) as caught:
        load_detector(strange)
    assert time.perf_counter() - started < 8 * slowness()  # 2 on a machine that does nothing else
    message = str(caught.value)
    assert str(strange) in message
    assert "\n" not in message
    assert message.count(str(strange)) <= 2
    assert len(message) < len(str(strange)) * 2 + 600


def test_all_strange_folders_together_take_less_than_a_gigabyte(tmp_path: Path):
    """Loads all of them in one process whose address space is limited to 1 GB above that of its libraries."""
    for number, change in enumerate(STRANGE.values()):
        save_small_detector(tmp_path / str(number))
        change(tmp_path / str(number))
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from avdf.detector_folder import load_detector; from avdf.errors import UserError\n"
        "import avdf.encoders.audio_cnn, avdf.encoders.video_r3d, avdf.features.log_mel, avdf.fusion.concat\n"
        "taken = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (taken + 10**9, taken + 10**9))\n"
        "for folder in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    try: load_detector(folder)\n"
        "    except UserError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True)
    assert done.stdout.split() == ["refused"] * len(STRANGE), done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 4_000_000  # kB


def test_there_are_at_least_sixty_strange_folders():
    assert len(STRANGE) >= 60
