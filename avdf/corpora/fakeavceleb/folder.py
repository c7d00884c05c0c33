"""Where a FakeAVCeleb folder's clips lie; nothing outside the folder is read, every mp4 is accounted for."""

import os
from pathlib import Path

from avdf.corpora.fakeavceleb.metadata import LIST_NAME, standard_key
from avdf.data.clips import TYPES
from avdf.errors import ConfigError

_ROOT_SEARCH_DEPTH = 3


def find_root(folder: Path) -> Path:
    """The folder, at most three levels down, that holds the type folders or the list.

    Raises ConfigError where there is none.
    """
    if not folder.is_dir():
        raise ConfigError(f"data.root: no folder {str(folder)!r}; give a FakeAVCeleb folder, or `demo`")
    level = [folder]
    for _ in range(_ROOT_SEARCH_DEPTH):
        for candidate in level:
            if any((candidate / name).is_dir() for name in TYPES.values()):
                return candidate
        level = sorted(
            child
            for parent in level
            for child in parent.iterdir()
            if child.is_dir() and not child.is_symlink()
        )
    raise ConfigError(
        f"data.root: {str(folder)!r} holds none of the folders {', '.join(TYPES.values())}; "
        "is it a FakeAVCeleb folder?"
    )


def list_of(root: Path, folder: Path) -> Path | None:
    """The list beside the type folders, or above them up to the folder that was given."""
    above = [parent for parent in root.parents if parent == folder or folder in parent.parents]
    return next((place / LIST_NAME for place in (root, *above) if (place / LIST_NAME).is_file()), None)


def files_of(root: Path) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """The mp4 files under the type folders, by standard key, and those that can't be clips."""
    files: dict[str, str] = {}
    skipped = []
    inside = root.resolve()
    for type_name in TYPES.values():
        for place, folders, names in os.walk(root / type_name):
            here = Path(place)
            links = [name for name in folders if (here / name).is_symlink()]
            if here.is_symlink():  # of the type folder itself; os.walk goes into no other
                links, names, folders[:] = [""], [], []
            for name in links:
                skipped.append(_left_out(here / name, root, *_why_not_linked(here / name, inside)))
            within = here.relative_to(root).as_posix()
            for name in names:
                if not name.lower().endswith(".mp4"):
                    continue
                path, clip = here / name, f"{within}/{name}"
                key = standard_key(clip)
                if not _is_text(clip):
                    skipped.append(_left_out(path, root, "unexpected name", "its name is not UTF-8"))
                elif key is None:
                    place_of_clips = "a clip lies at TYPE/RACE/GENDER/ID/FILE.mp4"
                    skipped.append(_left_out(path, root, "unexpected place", place_of_clips))
                elif os.path.islink(path) and not path.resolve().is_relative_to(inside):
                    skipped.append(_left_out(path, root, *_why_not_linked(path, inside)))
                elif key in files:
                    first, second = sorted((clip, files[key]))
                    files[key] = first
                    why = f"{first} is the same clip in another spelling"
                    skipped.append(_left_out(root / second, root, "same clip", why))
                else:
                    files[key] = clip
    return files, skipped


def _why_not_linked(path: Path, inside: Path) -> tuple[str, str]:
    if path.resolve().is_relative_to(inside):
        return "link", "links to folders are not followed"
    return "outside root", "a link that leads out of the folder; it was not read"


def _left_out(path: Path, root: Path, reason: str, detail: str) -> tuple[str, str, str]:
    name = path.relative_to(root).as_posix()
    return name.encode("utf-8", "backslashreplace").decode(), reason, detail


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
