"""What of a config is a machine's own: where its data and its runs lie, how many processes read."""

from dataclasses import replace

from avdf.config.schema import Config

_OF_DATA = ("root", "cache", "workers", "decode_workers")


def at_place_of(config: Config, here: Config) -> Config:
    """The config with the machine's own of `here`."""
    own = {name: getattr(here.data, name) for name in _OF_DATA}
    return replace(config, data=replace(config.data, **own), run=here.run)


def without_place(config: Config) -> Config:
    """The config as it is the same on every machine."""
    return at_place_of(config, Config(model=config.model))
