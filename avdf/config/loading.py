"""YAML and dotted overrides -> a tree of frozen dataclasses, in which every setting is known and typed."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from avdf.config.schema import Config, Plugin
from avdf.config.sources import PATH
from avdf.config.strict import fields_of
from avdf.config.yaml_files import parse_yaml, plain_value, read_yaml
from avdf.errors import ConfigError, UserError, nearest
from avdf.paths import expand_path

T = TypeVar("T")
_TEXT_CONTAINERS = (list[str], list[str] | None, dict[str, str], dict[str, str] | None)
_PLUGINS = (Plugin, dict[str, Plugin], dict[str, Plugin | None])
# Under the YAML, so that model.fusion.dropout=0 can be set without naming the fusion.
_DEFAULT_PLUGINS = {"model": {"features": {"audio": {"name": "log_mel"}}, "fusion": {"name": "concat"}}}


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Reads an experiment's YAML and applies dotted overrides such as `train.epochs=5`.

    Text settings take the words after `=` as they are; `[...]` and `{...}` are read as YAML elsewhere.
    Raises ConfigError with the dotted key for an unknown key, a wrong type or a contradiction.
    """
    return load_settings(Config, path, overrides, _DEFAULT_PLUGINS)


def load_settings(
    cls: type[T], path: str | Path, overrides: Sequence[str] = (), defaults: Mapping[str, Any] | None = None
) -> T:
    """As `load_config`, for any frozen dataclass; `defaults` lie under the YAML."""
    content = read_yaml(Path(path))
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: settings must be key: value pairs, got {content!r:.40}")
    settings = _merged(defaults or {}, content)
    for override in overrides:
        key, equals, text = override.partition("=")
        names = key.split(".")
        if not equals or not all(names):
            raise ConfigError(f"{override}: an override is key=value, as in train.epochs=5")
        value = _override_value(cls, names, text, key)
        for name in reversed(names):
            value = {name: value}
        settings = _merged(settings, value)
    return typed(cls, settings, "")


def typed(cls: type[T], settings: Mapping[str, Any], key: str) -> T:
    """Settings -> the frozen dataclass `cls`; `key` is where they are listed, for the messages.

    Text is converted to the type of its field. Raises ConfigError with the dotted key.
    """
    fields = fields_of(cls)
    schema = _schema_of(cls)
    values: dict[str, Any] = {}
    for name, value in settings.items():
        dotted_key = f"{key}.{name}" if key else name
        if name not in fields:
            raise ConfigError(f"{dotted_key}: no such key{nearest(name, fields)}")
        default = fields[name].default_factory
        if dataclasses.is_dataclass(default):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{dotted_key}: must hold key: value pairs, got {value!r}")
            values[name] = typed(default, value, dotted_key)
        else:
            values[name] = _converted(schema, fields[name], value, dotted_key)
    try:
        config = cls(**values)
    except ValueError as error:
        raise ConfigError(f"{key}.{error}" if key else str(error)) from error
    except TypeError as error:  # a field without default that the settings leave out
        raise ConfigError(f"{key}: {_first_line(error)}") from error
    for name, value in values.items():  # after the checks of the class, whose messages name the bounds
        _refuse_infinite(value, f"{key}.{name}" if key else name)
    return config


def as_settings(config: Any) -> dict[str, Any]:
    """A dataclass tree as plain dicts and lists, ready for YAML or JSON."""
    return dataclasses.asdict(config)


def dotted(settings: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    """Nested settings by their dotted keys, as overrides name them.

    >>> dotted({"seed": 0, "train": {"epochs": 5}})
    {'seed': 0, 'train.epochs': 5}
    """
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        dotted_key = f"{key}.{name}" if key else str(name)
        flat |= dotted(value, dotted_key) if isinstance(value, Mapping) else {dotted_key: value}
    return flat


def yaml_text(config: Any) -> str:
    """A dataclass tree as YAML that load_config reads back to an equal tree."""
    return str(yaml.safe_dump(as_settings(config), sort_keys=False, allow_unicode=True))


def _override_value(config_class: type[Any], names: Sequence[str], text: str, key: str) -> Any:
    """The words after `=`: as they are for a text setting, else as a plain value, a list or a mapping."""
    cls: type[Any] | None = config_class
    for number, name in enumerate(names, start=1):
        field = (cls.__dataclass_fields__ if cls else {}).get(name)
        default = field.default_factory if field else None
        cls = default if isinstance(default, type) and dataclasses.is_dataclass(default) else None
        if field and number == len(names) and _is_text(field.type):
            return None if text == "null" else text
    return parse_yaml(text, key) if text[:1] in ("[", "{") else plain_value(text)


def _schema_of(cls: type[Any]) -> Any:
    """The leaf fields of a config class as OmegaConf checks them, without defaults."""
    leaves = [
        (item.name, item.type, dataclasses.field(default="???"))
        for item in dataclasses.fields(cls)
        if not dataclasses.is_dataclass(item.default_factory)
    ]
    return OmegaConf.structured(dataclasses.make_dataclass(cls.__name__, leaves))


def _converted(schema: Any, field: "dataclasses.Field[Any]", value: Any, key: str) -> Any:
    """`value` as the type that the field declares, by OmegaConf's rules. Raises ConfigError."""
    if _is_text(field.type) or field.type in _TEXT_CONTAINERS:
        value = _as_text(value)
    if isinstance(value, str) and field.type in (str, str | None):
        return _expanded(value, key) if field.metadata.get(PATH) else value
    if field.type in (float, float | None) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    _refuse_other_kind(field, value, key)
    if field.type not in _PLUGINS:
        _refuse_reference(value, key)
    try:
        OmegaConf.update(schema, field.name, value, merge=False)
        container: Any = OmegaConf.to_container(schema)
    except OmegaConfBaseException as error:
        raise ConfigError(f"{key}: {_first_line(error)}") from error
    return container[field.name]


def _refuse_other_kind(field: "dataclasses.Field[Any]", value: Any, key: str) -> None:
    """Answers null, and a word in the place of a list or a mapping, with how to write the value."""
    if value is None and type(None) not in get_args(field.type):
        path = " (a path called null is ./null)" if field.metadata.get(PATH) else ""
        raise ConfigError(f"{key}: needs a value, got null{path}")
    if isinstance(value, str) and field.type in (list[str], list[str] | None):
        raise ConfigError(f"{key}: must be a list, as in [{value}], got {value!r}")
    if field.type in _PLUGINS:
        named = {key: value}
        if field.type != Plugin and isinstance(value, Mapping):
            named = {f"{key}.{name}": item for name, item in value.items()}
        for dotted_key, item in named.items():
            if isinstance(item, str):
                raise ConfigError(
                    f"{dotted_key}: must hold key: value pairs, as in {{name: {item}}}, got {item!r}"
                )


def _is_text(kind: Any) -> bool:
    is_choice = get_origin(kind) is Literal and all(isinstance(item, str) for item in get_args(kind))
    return is_choice or kind in (str, str | None)


def _as_text(value: Any) -> Any:
    """Numbers and booleans as they were typed; see `plain_value`."""
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _as_text(item) for name, item in value.items()}
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _expanded(value: str, key: str) -> str:
    try:
        return expand_path(value)
    except UserError as error:
        raise ConfigError(f"{key}: {error}") from error


def _refuse_reference(value: Any, key: str) -> None:
    """Raises ConfigError for `${...}` and `???`, which OmegaConf reads as a reference and a missing value."""
    if any(isinstance(leaf, str) and ("${" in leaf or leaf == "???") for leaf in _leaves(value)):
        raise ConfigError(f"{key}: references are not resolved; write the value out, got {value!r}")


def _refuse_infinite(value: Any, key: str) -> None:
    if any(isinstance(leaf, float) and not math.isfinite(leaf) for leaf in _leaves(value)):
        raise ConfigError(f"{key}: must be a finite number, got {value!r}")


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` merged into `under`: mappings are merged, any other value is replaced."""
    both = dict(under)
    for name, value in over.items():
        below = both.get(name)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            both[name] = _merged(below, value)
        else:
            both[name] = value
    return both


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]
