"""Channels whose settings are drawn: fixed numbers and words, ranges, choices, and one channel after another.

{name: noise, snr_db: {min: 10, max: 40}}
{name: codec, codec: {of: [opus, mp3]}, kbit_per_s: {min: 12, max: 32}}
{name: reverb, rt60_s: 0.3, then: {name: codec, codec: amr_nb}}
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from avdf.channels import CHANNELS, build_channel
from avdf.errors import ConfigError

THEN = "then"
_LOW, _HIGH, _OF = "min", "max", "of"
_MOST_IN_A_CHAIN = 8
Settings = Mapping[str, Any]


def resolve_channels(channels: Sequence[Settings], key: str) -> list[dict[str, Any]]:
    """The channels with every default filled in. Raises ConfigError with the dotted key.

    Channels are built at both ends of their ranges and with each of their choices, so that nothing is
    refused later.
    """
    return [_resolved(settings, f"{key}[{number}]") for number, settings in enumerate(channels)]


def drawn_chain(channel: Settings, rng: np.random.Generator) -> list[dict[str, Any]]:
    """A resolved channel -> the channels of its chain, one after the other, with what is drawn for them."""
    return [
        {name: _draw(value, rng) for name, value in link.items() if name != THEN} for link in chain(channel)
    ]


def chain(channel: Settings) -> Iterator[Settings]:
    """A channel, then the one that follows it, and so on."""
    link: Settings | None = channel
    while link:
        yield link
        link = link.get(THEN)


def choices(value: Any) -> list[Any]:
    """What a setting of words may be: the words of {of: [...]}, or the one that is given."""
    return list(value[_OF]) if isinstance(value, Mapping) and _OF in value else [value]


def _resolved(channel: Settings, key: str, depth: int = 1) -> dict[str, Any]:
    if depth > _MOST_IN_A_CHAIN:
        raise ConfigError(f"{key}: more than {_MOST_IN_A_CHAIN} channels one after the other")
    own = {name: value for name, value in channel.items() if name != THEN}
    drawn = {name: _checked_draw(value, f"{key}.{name}") for name, value in own.items() if _is_drawn(value)}
    for variant in _variants(own, drawn):
        resolved = CHANNELS.resolve(variant, key)
        build_channel(variant, key)
    whole = {name for name in drawn if type(resolved[name]) is int}
    ranges = {name: _in_whole_numbers(value) if name in whole else value for name, value in drawn.items()}
    then = channel.get(THEN)
    if then is not None and not isinstance(then, Mapping):
        raise ConfigError(f"{key}.{THEN}: must be a channel, as in {THEN}: {{name: codec}}, got {then!r:.40}")
    follows = {} if then is None else {THEN: _resolved(then, f"{key}.{THEN}", depth + 1)}
    return {**resolved, **ranges, **follows}


def _is_drawn(value: Any) -> bool:
    return isinstance(value, Mapping)


def _checked_draw(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    """`{min, max}` of two numbers, or `{of: [...]}`. Raises ConfigError."""
    if set(value) == {_OF} and isinstance(value[_OF], Sequence) and 0 < len(value[_OF]) <= 64:
        return {_OF: list(value[_OF])}
    is_range = set(value) == {_LOW, _HIGH} and all(map(_is_number, value.values()))
    if not is_range or not value[_LOW] <= value[_HIGH]:
        raise ConfigError(f"{key}: must be a value, {{min: A, max: B}} or {{of: [...]}}, got {dict(value)}")
    return {_LOW: float(value[_LOW]), _HIGH: float(value[_HIGH])}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _variants(own: Settings, drawn: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The channel at the lower and at the upper end of all ranges, and with each choice."""
    most = max([len(value[_OF]) for value in drawn.values() if _OF in value], default=2)
    for number in range(max(most, 2)):
        ends = {
            name: value[_OF][number % len(value[_OF])] if _OF in value else _end(value, number, own[name])
            for name, value in drawn.items()
        }
        yield {**own, **ends}


def _end(value: Mapping[str, Any], number: int, given: Mapping[str, Any]) -> Any:
    """An end of a range as the config gives it: a whole number stays one."""
    return given[_LOW if number % 2 == 0 else _HIGH]


def _in_whole_numbers(value: dict[str, Any]) -> dict[str, Any]:
    return value if _OF in value else {name: int(number) for name, number in value.items()}


def _draw(value: Any, rng: np.random.Generator) -> Any:
    if not _is_drawn(value):
        return value
    if _OF in value:
        return value[_OF][int(rng.integers(len(value[_OF])))]
    low, high = value[_LOW], value[_HIGH]
    if type(low) is int:
        return int(rng.integers(low, high, endpoint=True))
    return float(rng.uniform(low, high))
