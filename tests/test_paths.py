"""Paths as typed and as printed."""

from pathlib import Path

import pytest

from avdf.errors import UserError
from avdf.paths import expand_path, printable


def test_home_and_variables_are_expanded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("DATA", "/data")
    assert expand_path("~/a") == "/home/ada/a"
    assert expand_path("$DATA/a${DATA}") == "/data/a/data"
    assert expand_path("a~b/$5") == "a~b/$5"


def test_a_file_whose_name_holds_a_dollar_sign_is_taken_as_it_is(tmp_path: Path):
    path = tmp_path / "$HOME.wav"
    path.touch()
    assert expand_path(str(path)) == str(path)


def test_a_variable_that_is_not_set_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NOWHERE", raising=False)
    with pytest.raises(UserError, match=r"^\$NOWHERE/x: the environment variable NOWHERE is not set"):
        expand_path("$NOWHERE/x")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("two\nlines.wav", r"two\nlines.wav"),
        ("caf\udce9.wav", r"caf\udce9.wav"),
        ("bell\x07\x1b[31m.wav", r"bell\x07\x1b[31m.wav"),
        ("turned\u202eround.wav", r"turned\u202eround.wav"),
        ('quote"s and spaces: é 日.wav', 'quote"s and spaces: é 日.wav'),
    ],
)
def test_a_path_is_printed_on_one_line(name: str, shown: str):
    assert printable(Path(name)) == shown
