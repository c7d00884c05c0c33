"""A folder that is no corpus is named by the word that the user typed: ROOT, --root or data.root."""

from pathlib import Path

import pytest
from making.calls import called

from avdf.errors import ConfigError, said_as


@pytest.mark.parametrize(
    ("words", "begin"),
    [
        (["prepare", "nowhere"], "error: ROOT: no folder 'nowhere'; give a FakeAVCeleb folder"),
        (["prepare", "empty"], "error: ROOT: 'empty' holds none of the folders RealVideo-RealAudio"),
        (["prepare", "nowhere", "--corpus", "asvspoof5"], "error: ROOT: no folder 'nowhere'"),
        (["make_fakes", "nowhere", "--fakers", "lpc", "--out", "fakes"], "error: ROOT: no folder 'nowhere'"),
        (
            ["make_fakes", "empty", "--corpus", "fakavceleb", "--fakers", "lpc", "--out", "fakes"],
            "error: --corpus: no corpus 'fakavceleb', did you mean 'fakeavceleb'?",
        ),
    ],
)
def test_an_argument_root_is_called_so(
    words: list[str], begin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    done = called(*words)
    assert done.status == 2
    assert done.stderr.startswith(begin)
    assert "`demo`" not in done.stderr  # which only data.root takes


def test_only_the_key_at_the_beginning_is_said_in_other_words():
    with pytest.raises(ConfigError, match=r"^--root: x; data\.root: y$"), said_as({"data.root": "--root"}):
        raise ConfigError("data.root: x; data.root: y")
    with pytest.raises(ConfigError, match=r"^--table\.label: x$"), said_as({"data.table": "--table"}):
        raise ConfigError("data.table.label: x")
    with pytest.raises(ConfigError, match=r"^data\.roots: x$"), said_as({"data.root": "--root"}):
        raise ConfigError("data.roots: x")
