"""YAML + dotted overrides -> a tree of frozen dataclasses: past this door no setting is unknown."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from avdf.config.schema import Config
from avdf.config.yaml_files import nearest, read_yaml
from avdf.errors import ConfigError

__all__ = ["Config", "ConfigError", "as_settings", "dotted", "load_config", "nearest", "typed", "yaml_text"]

T = TypeVar("T")


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Reads an experiment's YAML and applies dotted overrides such as `train.epochs=5`.

    Raises ConfigError with the dotted key for an unknown key, a wrong type or a contradiction.
    """
    # Under the YAML, so that model.fusion.dropout=0 can be said without saying which fusion.
    defaults = {"model": {"features": {"audio": {"name": "log_mel"}}, "fusion": {"name": "concat"}}}
    settings = _merged(OmegaConf.create(defaults), _read_settings(Path(path)), path)
    for override in overrides:
        key, equals, _ = override.partition("=")
        if not equals or not key:
            raise ConfigError(f"{override}: an override is key=value, as in train.epochs=5")
        try:
            settings.merge_with_dotlist([override])
        except (OmegaConfBaseException, yaml.YAMLError, TypeError) as error:
            raise ConfigError(f"{key}: {_first_line(error)}") from error
    try:
        plain = OmegaConf.to_container(settings, resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigError(f"{path}: {_first_line(error)}") from error
    if not isinstance(plain, dict):
        raise ConfigError(f"{path}: settings must be key: value pairs, got a {type(plain).__name__}")
    return typed(Config, {str(key): value for key, value in plain.items()}, "")


def typed(cls: type[T], settings: Mapping[str, Any], key: str) -> T:
    """Settings -> the frozen dataclass `cls`; `key` is where they stand, for the messages.

    Raises ConfigError with the dotted key.
    """
    names = {item.name: item for item in dataclasses.fields(cls)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value in settings.items():
        dotted = f"{key}.{name}" if key else name
        if name not in names:
            raise ConfigError(f"{dotted}: no such key{nearest(name, names)}")
        default = names[name].default_factory
        if dataclasses.is_dataclass(default):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{dotted}: must hold key: value pairs, got {value!r}")
            values[name] = typed(default, value, dotted)
        else:
            values[name] = _checked(cls, name, value, dotted)
    try:
        return cls(**values)
    except ValueError as error:
        raise ConfigError(f"{key}.{error}" if key else str(error)) from error
    except TypeError as error:  # a field without default that the settings leave out
        raise ConfigError(f"{key}: {_first_line(error)}") from error


def as_settings(config: Any) -> dict[str, Any]:
    """A dataclass tree as plain dicts and lists, ready for YAML or JSON."""
    return dataclasses.asdict(config)


def dotted(settings: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    """`{"train": {"epochs": 5}}` -> `{"train.epochs": 5}`, as overrides name them."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        own = f"{key}.{name}" if key else str(name)
        if isinstance(value, Mapping):
            found |= dotted(value, own)
        else:
            found[own] = value
    return found


def yaml_text(config: Any) -> str:
    """A dataclass tree as YAML that load_config reads back to an equal tree."""
    return str(yaml.safe_dump(as_settings(config), sort_keys=False, allow_unicode=True))


def _checked(cls: type[Any], name: str, value: Any, dotted: str) -> Any:
    """`value` as the type that field `name` declares, by OmegaConf's rules."""
    hint = cls.__dataclass_fields__[name]
    if hint.type in (float, float | None) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    one = dataclasses.make_dataclass("one", [(name, hint.type, dataclasses.field(default="???"))])
    try:
        node = OmegaConf.structured(one)
        node[name] = value
        return OmegaConf.to_container(node)[name]  # type: ignore[call-overload, index]
    except OmegaConfBaseException as error:
        raise ConfigError(f"{dotted}: {_first_line(error)}") from error


def _read_settings(path: Path) -> DictConfig:
    settings = read_yaml(path)
    if not isinstance(settings, DictConfig):
        raise ConfigError(f"{path}: settings must be key: value pairs, not a list")
    return settings


def _merged(under: DictConfig, over: DictConfig, path: str | Path) -> DictConfig:
    try:
        merged = OmegaConf.merge(under, over)
    except (OmegaConfBaseException, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {_first_line(error)}") from error
    if not isinstance(merged, DictConfig):
        raise ConfigError(f"{path}: settings must be key: value pairs")
    return merged


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]
