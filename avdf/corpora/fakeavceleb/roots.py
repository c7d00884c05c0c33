"""Where the type folders of a FakeAVCeleb folder are: in one root, or in several side by side."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from avdf.corpora.fakeavceleb.labels import TYPES, standard_type
from avdf.corpora.fakeavceleb.metadata import LIST_NAME
from avdf.errors import ConfigError

_SEARCH_DEPTH = 3
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Roots:
    """The folders that hold type folders, and links beside them that lead to more of them."""

    folders: list[Path]
    links: list[Path]

    @property
    def base(self) -> Path:
        """The folder that clip names are relative to: the root, or the one that all roots are in."""
        return self.folders[0] if len(self.folders) == 1 else Path(os.path.commonpath(self.folders))


def find_roots(folder: Path) -> Roots:
    """Searches `folder` itself and three levels below it. Raises ConfigError if there is no root."""
    if not folder.is_dir():
        raise ConfigError(
            f"data.root: no folder {str(folder)!r}; give a FakeAVCeleb folder (avdf demo_data makes one up)"
        )
    roots = Roots([], [])
    _search(folder, _SEARCH_DEPTH, roots)
    if roots.folders:
        return roots
    if standard_type(folder.name):
        raise ConfigError(
            f"data.root: {str(folder)!r} is one of the type folders; give the folder above it, "
            f"{str(folder.absolute().parent)!r}"
        )
    links = ", ".join(str(link.relative_to(folder)) for link in roots.links[:5])
    hint = f" Links are not followed here ({links}): give their target." if links else ""
    raise ConfigError(
        f"data.root: {str(folder)!r} holds none of the folders {', '.join(TYPES.values())}; "
        f"is it a FakeAVCeleb folder?{hint}"
    )


def type_folders(root: Path) -> list[Path]:
    """The type folders of a root in any spelling, links included."""
    return [
        path
        for path in _entries(root)
        if standard_type(path.name) and (os.path.isdir(path) or path.is_symlink())
    ]


def list_paths(roots: Roots, folder: Path) -> list[Path]:
    """The lists to read: each root's own, or else the nearest one above, up to `folder`."""
    base = roots.base
    above = [parent for parent in base.parents if parent == folder or folder in parent.parents]
    for places in (roots.folders, *([place] for place in (base, *above))):
        paths = [path for place in places for path in _entries(place) if path.name.lower() == LIST_NAME]
        if paths:
            return paths
    return []


def _search(folder: Path, levels: int, roots: Roots) -> None:
    if type_folders(folder):
        roots.folders.append(folder)
    elif levels > 1:
        for child in _entries(folder):
            if child.name.startswith(".") or not os.path.isdir(child):
                continue
            try:
                if not child.is_symlink():
                    _search(child, levels - 1, roots)
                elif type_folders(child):
                    roots.links.append(child)
            except ConfigError as error:  # such as lost+found at the top of a disk
                _LOG.warning("%s; it was not searched", error)


def _entries(folder: Path) -> list[Path]:
    """What a folder holds, sorted. Raises ConfigError if it may not be opened."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise ConfigError(f"data.root: {str(folder)!r} can't be opened ({error.strerror})") from error
