"""Reads YAML files, also those of strangers: the size is checked before anything is built from the text."""

import difflib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from avdf.errors import ConfigError, UserError

MAX_BYTES = 200_000
MAX_DEPTH = 32


def read_yaml(path: Path) -> DictConfig | ListConfig:
    """The content of a YAML file; references such as `${oc.env:HOME}` are kept and not resolved.

    Raises ConfigError for a missing file (with the nearest name), for a file that is not UTF-8 or not
    YAML, and for one beyond MAX_BYTES or MAX_DEPTH, or whose aliases expand to over 10,000 values
    (OmegaConf's own limit).
    """
    try:
        text = _bounded_text(path)
        _check_depth(text, path)
        return OmegaConf.load(io.StringIO(text))
    except UserError:
        raise
    except FileNotFoundError as error:
        near = sorted(item.name for item in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        raise ConfigError(f"{path}: no such file{nearest(path.name, near) if near else ''}") from error
    except OSError as error:  # OmegaConf raises one for a file that holds a single value
        raise ConfigError(f"{path}: can't be read as YAML ({error.strerror or error})") from error
    except (yaml.YAMLError, ValueError, TypeError, OmegaConfBaseException) as error:
        raise ConfigError(f"{path}: can't be read as YAML ({' '.join(str(error).split())})") from error


def nearest(name: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    """`, did you mean 'x'? (have: ...)`: the end of every message about a wrong name."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    question = f", did you mean {close[0]!r}?" if close else ";"
    return f"{question} (have: {', '.join(known)})"


def _bounded_text(path: Path) -> str:
    path.stat()
    if not path.is_file():
        raise ConfigError(f"{path}: is not a regular file; give a YAML file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_BYTES:,} bytes, the limit for a YAML file")
    return content.decode("utf-8-sig")


def _check_depth(text: str, path: Path) -> None:
    """Follows the events of the parser, which builds nothing; a deep tree would exceed Python's stack."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise ConfigError(f"{path}: is nested deeper than {MAX_DEPTH} levels, the limit for a YAML file")
