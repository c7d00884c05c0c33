"""Plugins of one kind, by name: the file stem is the name, and a file is imported when it is needed."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from avdf.config.loading import as_settings, typed
from avdf.errors import ConfigError, nearest

C = TypeVar("C", bound=type)


@dataclass(frozen=True)
class Registered:
    """One plugin: the name in a config, and the class of its config, and what builds the plugin from one."""

    name: str
    config_class: type[Any]
    plugin_class: Callable[..., Any]
    is_stub: bool
    module: str


class Registry:
    """The plugins of one kind: those in a package's folder and, by entry point, those of other packages.

    `package` ("avdf.encoders") is both the folder and the group of entry points.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._registered: dict[str, Registered] = {}

    def register(self, name: str, config_class: type[Any], *, is_stub: bool = False) -> Callable[[C], C]:
        """Decorates the class of a plugin. A stub is listed but cannot be built."""

        def add(plugin_class: C) -> C:
            self.add(Registered(name, config_class, plugin_class, is_stub, plugin_class.__module__))
            return plugin_class

        return add

    def add(self, plugin: Registered) -> None:
        """Adds a plugin. Raises ConfigError if another module has registered its name."""
        taken = self._registered.get(plugin.name)
        if taken is not None and taken.module != plugin.module:
            raise ConfigError(
                f"{self.kind} {plugin.name!r} is registered by both {taken.module} and {plugin.module}"
            )
        self._registered[plugin.name] = plugin

    def names(self) -> list[str]:
        """All names, sorted, without importing a plugin."""
        return sorted({*self._names_in_folder(), *self._entry_points(), *self._registered})

    def get(self, name: str, key: str | None = None) -> Registered:
        """The plugin of that name; its module is imported if that has not happened yet.

        Raises ConfigError with the nearest name and the list; `key` is where the name was read.
        """
        if name not in self._registered:
            if name in self._names_in_folder():
                importlib.import_module(f"{self.package}.{name}")
            elif name in (points := self._entry_points()):
                points[name].load()
            else:
                where = f"{key}.name: " if key else ""
                raise ConfigError(f"{where}no {self.kind} {name!r}{nearest(name, self.names())}")
        if name not in self._registered:
            raise ConfigError(f"the module of {self.kind} {name!r} registers no plugin of that name")
        return self._registered[name]

    def resolve(self, settings: Mapping[str, Any], key: str) -> dict[str, Any]:
        """`{name, settings ...}` with all defaults of the plugin added. Raises ConfigError."""
        plugin, config = self._typed(settings, key)
        return {"name": plugin.name, **as_settings(config)}

    def build(self, settings: Mapping[str, Any], key: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """`{name, settings ...}` -> the plugin, built from its config and these keyword arguments.

        Raises ConfigError for a wrong name or setting, and for a stub.
        """
        plugin, config = self._typed(settings, key)
        if plugin.is_stub:
            raise ConfigError(
                f"{key}.name: {self.kind} {plugin.name!r} is a stub: its settings and shapes are fixed, its "
                "network is yours to write (docs/adding_an_encoder.md says how)"
            )
        try:
            return plugin.plugin_class(config, **(arguments or {}))
        except ConfigError as error:
            raise ConfigError(f"{key}.{error}") from error

    def _typed(self, settings: Mapping[str, Any], key: str) -> tuple[Registered, Any]:
        if not isinstance(settings, Mapping) or not isinstance(settings.get("name"), str):
            raise ConfigError(f"{key}.name: name one {self.kind} (have: {', '.join(self.names())})")
        plugin = self.get(settings["name"], key)
        rest = {str(name): value for name, value in settings.items() if name != "name"}
        return plugin, typed(plugin.config_class, rest, key)

    def _names_in_folder(self) -> list[str]:
        folder = importlib.import_module(self.package).__path__
        return [item.name for item in pkgutil.iter_modules(folder) if not item.name.startswith("_")]

    def _entry_points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.package)}
