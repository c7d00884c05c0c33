"""Reads YAML, including untrusted files, within limits; plain words stay as they were typed.

YAML 1.1 reads `no` as false, `12:30` as 750 and `007` as 7. Here a plain word becomes a number, true, false
or null only if the value writes back to the same word; any other stays text, and the type of the setting
decides what it means.
"""

from pathlib import Path
from typing import Any

import yaml

from avdf.errors import ConfigError, nearest

MAX_BYTES = 200_000
MAX_DEPTH = 32
MAX_VALUES = 10_000
_KINDS = ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")


def read_yaml(path: Path) -> Any:
    """The content of a YAML file as dicts, lists, text, numbers, booleans and None ({} if it is empty).

    Raises ConfigError for a missing file (with the nearest name), for a file that is not UTF-8 or not
    YAML, and for one beyond MAX_BYTES, MAX_DEPTH or MAX_VALUES (aliases count as often as they are used).
    """
    try:
        return parse_yaml(_bounded_text(path), str(path))
    except FileNotFoundError as error:
        near = sorted(item.name for item in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        raise ConfigError(f"{path}: no such file{nearest(path.name, near) if near else ''}") from error
    except OSError as error:
        raise ConfigError(f"{path}: can't be read as YAML ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: can't be read as YAML ({error})") from error


def parse_yaml(text: str, source: str) -> Any:
    """The value of one YAML document; `source` names the file in messages. Raises ConfigError.

    >>> parse_yaml("{precision: no, epochs: 7, when: 12:30}", "a.yaml")
    {'precision': 'no', 'epochs': 7, 'when': '12:30'}
    """
    try:
        _check_depth(text, source)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{source}: can't be read as YAML ({' '.join(str(error).split())})") from error
    return {} if node is None else _Reader(source).value(node)


def plain_value(word: str) -> Any:
    """A plain word as null, true, false or a number if that writes back to the same word, else as text.

    >>> [plain_value(word) for word in ("64", "0.5", "true", "null", "no", "007", "1e3")]
    [64, 0.5, True, None, 'no', '007', '1e3']
    """
    if word in ("null", "~", ""):
        return None
    if word in ("true", "false"):
        return word == "true"
    for number in (int, float):
        try:
            value = number(word)
        except ValueError:
            continue
        if word in (repr(value), repr(value).replace("e", ".0e", 1)):  # YAML writes 1e-05 as 1.0e-05
            return value
    return word


class _Reader:
    """Builds values from the nodes of one document and counts them."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.num_values = 0

    def value(self, node: yaml.Node, depth: int = 0) -> Any:
        self.num_values += 1
        if self.num_values > MAX_VALUES:
            raise self._refusal(node, f"expansion exceeds the configured limit of {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise self._refusal(node, f"nested deeper than {MAX_DEPTH} levels")
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _KINDS:
            raise self._refusal(node, f"the tag {node.tag} is not supported")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        return plain_value(node.value) if node.style is None else node.value

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._refusal(key_node, "a key must be a word")
            if key_node.value in content:
                raise self._refusal(key_node, f"the key {key_node.value!r} is listed twice")
            content[key_node.value] = self.value(value_node, depth + 1)
        return content

    def _refusal(self, node: yaml.Node, why: str) -> ConfigError:
        line = node.start_mark.line + 1
        return ConfigError(f"{self.source}: can't be read as YAML (line {line}: {why})")


def _bounded_text(path: Path) -> str:
    path.stat()
    if not path.is_file():
        raise ConfigError(f"{path}: is not a regular file; give a YAML file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_BYTES:,} bytes, the limit for a YAML file")
    return content.decode("utf-8-sig")


def _check_depth(text: str, source: str) -> None:
    """Follows the events of the parser, which builds nothing; a deep tree would exceed Python's stack."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise ConfigError(f"{source}: is nested deeper than {MAX_DEPTH} levels, the limit for YAML")
