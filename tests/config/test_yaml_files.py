"""Untrusted YAML files are refused by size before anything is built from them."""

import os
from pathlib import Path

import pytest

from avdf.config.loading import load_config
from avdf.config.yaml_files import MAX_BYTES, read_yaml
from avdf.errors import ConfigError


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        read_yaml(path)
    assert str(refused.value).startswith(f"{path}: ")
    return str(refused.value)


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_aliases_that_expand_to_a_billion_values_are_refused(tmp_path: Path):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    path = written(tmp_path / "laughs.yaml", "\n".join(lines))
    assert "expansion exceeds the configured limit of 10000" in refusal(path)


def test_a_few_aliases_are_read(tmp_path: Path):
    text = "a: &a [1, 2]\nb: *a\n"
    assert read_yaml(written(tmp_path / "alias.yaml", text)) == {"a": [1, 2], "b": [1, 2]}


def test_a_list_nested_a_thousand_times_is_refused(tmp_path: Path):
    path = written(tmp_path / "deep.yaml", "a: " + "[" * 1000 + "]" * 1000)
    assert "nested deeper than 32 levels" in refusal(path)


def test_a_file_of_100_megabytes_is_refused_by_its_first_bytes(tmp_path: Path):
    path = written(tmp_path / "large.yaml", "a: 1\n")
    os.truncate(path, 100_000_000)
    assert f"is larger than {MAX_BYTES:,} bytes" in refusal(path)


def test_a_pipe_and_a_device_are_refused_without_reading(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    for name in ("pipe.yaml", "zero.yaml"):
        assert "is not a regular file" in refusal(tmp_path / name)


@pytest.mark.parametrize(
    "content",
    [
        b"a: \xff\xfe",  # not UTF-8
        b"a: \x00",
        "a: !!python/object/apply:os.getcwd []",
        "a: &a [*a]",  # refers to itself
        "a: *nowhere",
        "a: 1\na: 2",
        "? [1, 2]\n: 3",
    ],
)
def test_what_is_not_plain_yaml_is_refused_in_one_message(tmp_path: Path, content: str | bytes):
    assert "can't be read as YAML" in refusal(written(tmp_path / "odd.yaml", content))


def test_a_config_is_read_with_the_same_limits(tmp_path: Path):
    path = written(tmp_path / "deep.yaml", "run: {trackers: " + "[" * 1000 + "]" * 1000 + "}")
    with pytest.raises(ConfigError, match="nested deeper than 32 levels"):
        load_config(path)
