"""Untrusted JSON -> frozen dataclasses: exact types, no unknown keys, no conversions, no references."""

import dataclasses
import types
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from avdf.errors import ConfigError, nearest

T = TypeVar("T")
_MAX_TEXT = 1000  # characters
_MAX_ITEMS = 1000  # of a list or an object
_MAX_DEPTH = 8


def strictly_typed(cls: type[T], values: Any, key: str) -> T:
    """A JSON object as the frozen dataclass `cls`, whose own checks then run.

    A number is not taken for text nor text for a number, true is no integer, and numbers are finite.
    Raises ConfigError with the dotted key, which begins with `key`.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{key}: must hold a JSON object, got {_shown(values)}")
    fields = fields_of(cls)
    checked = {}
    for name, value in values.items():
        if name not in fields:
            raise ConfigError(f"{key}.{_shown(name)}: no such key{nearest(str(name)[:_MAX_TEXT], fields)}")
        checked[name] = _checked(fields[name].type, value, f"{key}.{name}")
    for name, field in fields.items():
        optional = (field.default, field.default_factory) != (dataclasses.MISSING, dataclasses.MISSING)
        if name not in checked and not optional:
            raise ConfigError(f"{key}.{name}: is missing")
    try:
        return cls(**checked)
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(f"{key}.{error}") from error


def fields_of(cls: Any) -> dict[str, "dataclasses.Field[Any]"]:
    """The fields of a dataclass by name."""
    return {item.name: item for item in dataclasses.fields(cls)}


def _checked(kind: Any, value: Any, key: str) -> Any:
    """`value`, if it is of the type that a field declares."""
    origin, arguments = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return strictly_typed(kind, value, key)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        inner = [item for item in arguments if item is not type(None)]
        return _checked(inner[0], value, key) if len(inner) == 1 else _bounded(value, key)
    if origin is Literal:
        if not isinstance(value, str) or value not in arguments:
            raise ConfigError(f"{key}: must be one of {', '.join(map(str, arguments))}, got {_shown(value)}")
        return value
    if origin in (list, dict):
        _check_container(origin, value, key)
        if origin is list:
            return [_checked(arguments[0], item, f"{key}[{number}]") for number, item in enumerate(value)]
        return {name: _checked(arguments[1], item, f"{key}.{name}") for name, item in value.items()}
    return _checked_leaf(kind, value, key)


def _check_container(kind: type[Any], value: Any, key: str) -> None:
    if not isinstance(value, kind):
        wanted = "a list" if kind is list else "a JSON object"
        raise ConfigError(f"{key}: must be {wanted}, got {_shown(value)}")
    if len(value) > _MAX_ITEMS:
        raise ConfigError(f"{key}: holds {len(value)} items, more than {_MAX_ITEMS}")


def _checked_leaf(kind: Any, value: Any, key: str) -> Any:
    wanted = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}.get(kind)
    if wanted is None:  # Any, or a type that only the plugin knows
        return _bounded(value, key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = is_number if kind is float else type(value) is kind
    if not fits:
        raise ConfigError(f"{key}: must be {wanted}, got {_shown(value)}")
    value = _bounded(value, key)
    return float(value) if kind is float else value


def _bounded(value: Any, key: str, depth: int = 0) -> Any:
    """Any JSON value, if its numbers are finite, its text short, and its nesting and its sizes moderate."""
    if isinstance(value, dict | list):
        if depth == _MAX_DEPTH or len(value) > _MAX_ITEMS:
            raise ConfigError(f"{key}: more than {_MAX_DEPTH} levels or {_MAX_ITEMS} items")
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            _bounded(item, f"{key}.{_shown(name)}", depth + 1)
    if isinstance(value, str) and (len(value) > _MAX_TEXT or "${" in value or "\0" in value):
        raise ConfigError(f"{key}: must have at most {_MAX_TEXT} characters, none '${{', got {_shown(value)}")
    if isinstance(value, int | float) and not abs(value) < 2**63:
        raise ConfigError(f"{key}: must be a finite number below 2^63, got {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    """A value in a message, cut to 60 characters."""
    try:
        text = ascii(value)
    except (RecursionError, ValueError):  # a deep list; a number of more digits than Python prints
        return f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
