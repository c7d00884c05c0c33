"""How a tool ends: 0, 1, 2 with one message, 130."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("return None", 0, ""),
        ("return 1", 1, ""),
        ("raise UserError('data.root: no folder')", 2, "error: data.root: no folder\n"),
        ("raise KeyboardInterrupt", 130, "interrupted; what was finished is kept\n"),
        (
            "os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)",
            130,
            "interrupted; what was finished is kept\n",
        ),
        (
            "raise OSError(28, 'No space left on device', 'a.csv')",
            2,
            "error: a.csv: No space left on device\n",
        ),
        ("raise OSError(36, 'File name too long', 'x.csv')", 2, "error: x.csv: File name too long\n"),
        ("raise OSError(20, 'Not a directory', 'a.csv/b')", 2, "error: a.csv/b: Not a directory\n"),
        ("raise OSError(5, 'Input/output error', 'a.csv')", 2, "error: a.csv: Input/output error\n"),
        ("raise UserError('two\\nlines.wav: no such file')", 2, "error: two\\nlines.wav: no such file\n"),
        (
            "raise ModuleNotFoundError('no', name='optuna.trial')",
            2,
            "error: the package optuna is missing; install avdf[sweep]\n",
        ),
        (
            "raise ModuleNotFoundError('no', name='torch')",
            2,
            "error: the package torch is missing; install avdf[train]\n",
        ),
    ],
)
def test_a_tool_ends_with_the_status_and_one_line(body: str, status: int, says: str):
    program = (
        "import os, signal, time\nfrom avdf import command\nfrom avdf.errors import UserError\n"
        f"def work():\n    {body}\ncommand.run(work)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (status, says)


def test_a_mistake_of_ours_keeps_its_traceback():
    program = "from avdf import command\ndef work():\n    return {}['key']\ncommand.run(work)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert "KeyError" in done.stderr


class TestOneOfSeveralProcesses:
    """Gloo's threads abort a process whose Python objects are taken down while they hold one of them."""

    PROGRAM = (
        "import atexit, sys\nfrom avdf import command\n"
        "class Kept:\n    def __del__(self): print('taken down', flush=True)\n"
        "kept = Kept()\n"
        "def work():\n    import torch.distributed\n    atexit.register(print, 'at exit')\n    {body}\n"
        "command.run(work)"
    )

    def ended(self, body: str, num_processes: int) -> tuple[int, str]:
        environment = os.environ | {"WORLD_SIZE": str(num_processes)}
        program = [sys.executable, "-c", self.PROGRAM.format(body=body)]
        done = subprocess.run(program, capture_output=True, text=True, env=environment)
        return done.returncode, done.stdout

    def test_it_ends_with_its_status_before_python_takes_its_objects_down(self):
        assert self.ended("return 1", 2) == (1, "at exit\n")

    def test_its_traceback_ends_with_1(self):
        assert self.ended("return {}['key']", 2) == (1, "at exit\n")

    def test_a_process_alone_ends_as_ever(self):
        assert self.ended("return 0", 1) == (0, "at exit\ntaken down\n")


def test_a_reader_that_leaves_is_no_error():
    program = "from avdf import command\ndef work():\n    for n in range(100000): print(n)\ncommand.run(work)"
    done = subprocess.run(
        f'{sys.executable} -c "$PROGRAM" | head -n 1',
        shell=True,
        capture_output=True,
        text=True,
        env={"PROGRAM": program, "PATH": "/usr/bin:/bin"},
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_name_that_is_not_utf_8_can_be_printed():
    program = "from avdf import command\ndef work():\n    print('caf\\udce9.wav')\ncommand.run(work)"
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "caf\\udce9.wav\n", "")


def test_a_log_line_stays_one_line_with_any_file_name():
    program = (
        "import logging\nfrom avdf import command\n"
        "def work():\n    logging.getLogger('avdf.data').info('%s: read', 'two\\nlines.wav')\n"
        "command.run(work)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "two\\nlines.wav: read\n")


FAULTS = """
import resource
import numpy as np
from avdf.command import keep_freed_memory
{call}
def pass_of_a_network():
    return [np.ones(1 << 17) for _ in range(6)]  # 1 MiB each, freed together

pass_of_a_network()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    pass_of_a_network()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_freed_memory_is_kept_for_the_next_block():
    faults = [
        int(subprocess.check_output([sys.executable, "-c", FAULTS.format(call=call)], text=True))
        for call in ("", "keep_freed_memory()")
    ]
    assert faults[1] < 0.1 * faults[0], faults  # 6 MiB are 1536 pages; kept, they are got once
