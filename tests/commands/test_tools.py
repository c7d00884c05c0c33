"""Every tool answers --help at once, and a mistake with exit 2 and one message."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from making.pace import best_s, slowness

from avdf.commands import COMMANDS

TOP = Path(__file__).parents[2]
TOOLS = sorted(path.name for path in (TOP / "tools").glob("*.py"))


def call(*words: str, cwd: Path = TOP) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOP / "tools" / words[0]), *words[1:]], cwd=cwd, capture_output=True, text=True
    )


@pytest.mark.parametrize("tool", TOOLS)
def test_help_takes_less_than_0_3_s_and_loads_no_torch_and_no_pandas(tool: str):
    program = (
        f"import runpy, sys; sys.argv = ['{tool}', '--help']\n"
        f"try: runpy.run_path(r'{TOP / 'tools' / tool}', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "assert 'torch' not in sys.modules and 'pandas' not in sys.modules\n"
    )
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"python tools/{tool}" in done.stdout
    assert best_s(lambda: subprocess.run(words, capture_output=True)) < 0.3 * slowness()


def test_the_tools_are_the_commands_and_avdf_lists_them_in_the_order_of_the_work():
    assert sorted(f"{name}.py" for name in COMMANDS) == TOOLS
    words = [sys.executable, "-m", "avdf", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=TOP)
    assert best_s(lambda: subprocess.run(words, capture_output=True, cwd=TOP)) < 1.0 * slowness()
    lines = [line for line in done.stdout.splitlines() if re.match(r"  [a-z]", line)]
    assert [line.split()[0] for line in lines] == list(COMMANDS)


def test_a_completion_script_knows_commands_and_options():
    words = [sys.executable, "-m", "avdf", "--print-completion", "bash"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=TOP)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in COMMANDS)
    assert "--allow-overlap" in done.stdout
    assert subprocess.run(["bash", "-n"], input=done.stdout, text=True).returncode == 0


def test_a_wrong_command_is_answered_with_the_nearest():
    done = subprocess.run([sys.executable, "-m", "avdf", "adit"], capture_output=True, text=True, cwd=TOP)
    assert done.returncode == 2
    assert "no command 'adit', did you mean 'audit'?" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["configs/audio_cnn.yaml", "train.epoch=3"], "train.epoch: no such key, did you mean 'epochs'"),
        (["configs/audio_cnn.yaml", "--all-folds", "train.epoch=3"], "train.epoch: no such key"),
        (["configs/audio_cn.yaml"], "did you mean 'audio_cnn.yaml'"),
        (["configs/audio_cnn.yaml", "data.root=nowhere"], "data.root: no folder 'nowhere'"),
        (["configs/audio_cnn.yaml", "model.encoders.audio.name=audio_efnet"], "did you mean 'audio_effnet'"),
        (["configs/video_r3d.yaml"], "docs/adding_an_encoder.md"),
        (["configs/audio_cnn.yaml", "run.trackers=[abacus]"], "run.trackers: 'abacus' is not installed here"),
        (["--resume", "nowhere"], "nowhere: no run there"),
    ],
)
def test_a_mistake_ends_train_with_exit_2_one_message_and_no_traceback(
    tmp_path: Path, words: list[str], message: str
):
    here = [str(TOP / word) if word.startswith("configs/") else word for word in words]
    done = call("train.py", *here, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_empty_folder_is_no_dataset(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    done = call("train.py", str(TOP / "configs/audio_cnn.yaml"), "data.root=empty", cwd=tmp_path)
    assert done.returncode == 2
    assert "data.root: 'empty' holds none of the folders RealVideo-RealAudio" in done.stderr


def test_encoders_lists_every_plugin_and_which_are_stubs():
    done = call("encoders.py")
    lines = [line.split() for line in done.stdout.splitlines()]
    states = {line[1]: line[3] for line in lines if line[0] == "encoder"}
    ready = ("audio_effnet", "video_cnn", "video_frames_effnet")
    assert {states[name] for name in ready} == {"ready"}
    assert states["video_r3d"] == "stub"


def test_corpora_lists_every_corpus_with_its_groups():
    done = call("corpora.py")
    assert done.returncode == 0
    assert "fakeavceleb: FakeAVCeleb v1.2" in done.stdout
    assert "    groups:          race, gender\n" in done.stdout
    for line in ("modalities:      audio", "licence:         ODC-By 1.0", "access:          open: Zenodo"):
        assert f"    {line}" in done.stdout
    assert "    known flaw:      codecs are in the evaluation part alone" in done.stdout
