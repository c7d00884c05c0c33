"""Walks the folder of a corpus: every file once, with what is wrong with a link, a name or a folder."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from avdf.data.audio import formats
from avdf.paths import suffix_of

Problem = tuple[str, str]  # reason and detail of a row of skipped.csv
Skipped = tuple[str, str, str]  # clip, reason, detail: a row of skipped.csv
MEDIA_SUFFIXES = frozenset(formats.MEDIA_SUFFIXES)
READ_ELSEWHERE = ("link", "a link to a folder that is read under its own name")
_ARCHIVE_SUFFIXES = frozenset((".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar"))
_UNFINISHED_SUFFIXES = frozenset((".part", ".partial", ".crdownload", ".download", ".aria2"))
_VOLUME = re.compile(r"\.(z|r|0)\d\d")  # of an archive in several files: .z01, .r00, .001
_NO_CLIP_FOLDERS = ("__MACOSX",)


def files_below(
    top: Path, allowed: Path, seen: set[str], is_ignored: Callable[[str], bool]
) -> Iterator[tuple[str, Problem | None]]:
    """The files below a folder but those that are ignored by name, and what can't be read with the reason.

    Links to folders inside `allowed` are read after all real folders; a folder (in `seen`) is read once.
    """
    places: list[Path] = [top]
    links: list[Path] = []
    while places or links:
        place = places.pop() if places else links.pop(0)
        if os.path.islink(place) and (problem := problem_of_link(place, allowed)):
            yield str(place), problem
            continue
        real = os.path.realpath(place)
        if real in seen:
            yield str(place), READ_ELSEWHERE
            continue
        seen.add(real)
        try:
            items = sorted(os.scandir(place), key=lambda item: item.name, reverse=True)
        except OSError as error:
            yield str(place), ("unreadable", f"the folder can't be opened ({error.strerror})")
            continue
        start = start_below(place)
        for item in items:
            path = start + item.name
            if item.is_dir(follow_symlinks=False):
                places += [] if is_no_clip_folder(item.name) else [place / item.name]
            elif item.is_symlink() and os.path.isdir(path):
                links.append(place / item.name)
            elif not is_ignored(item.name):
                problem = problem_of_link(Path(path), allowed) if item.is_symlink() else None
                # What the folder says of a plain file saves a look at each.
                if problem is None and not (item.is_file(follow_symlinks=False) or os.path.isfile(path)):
                    problem = ("not a file", "a pipe, a socket or a device, or it can't be examined")
                yield path, problem


def start_below(folder: Path) -> str:
    """What the paths of everything in a folder begin with.

    >>> start_below(Path("a/b")), start_below(Path(".")), start_below(Path("/"))
    ('a/b/', '', '/')
    """
    return str(folder / "x").removesuffix("x")


def problem_of_link(path: Path, allowed: Path) -> Problem | None:
    """Why a link is not followed: its target is missing, or lies outside the folder `allowed`."""
    if not os.path.exists(path):
        target = escaped(os.readlink(path))
        return "missing file", f"a link to {target}, which is not there; git-annex fetches such files"
    if not path.resolve().is_relative_to(allowed):
        target = escaped(str(path.resolve()))
        return (
            "outside root",
            f"a link to {target}, outside the folder that was given; give a folder above both",
        )
    return None


def problem_of_name(clip: str) -> Problem | None:
    """Why a file is no clip by its name alone."""
    name = clip.rpartition("/")[2]
    if not _is_text(clip):
        return "unexpected name", "its name is not UTF-8"
    if name.startswith("._"):
        return (
            "hidden file",
            "AppleDouble data, which macOS writes beside a file; it holds no media",
        )
    if name.startswith("."):
        return "hidden file", "its name begins with a dot, as those of unfinished copies do"
    return None


def is_no_clip(name: str) -> bool:
    """Whether a file beside the clips is known not to be one: notes, lists, files of operating systems.

    A hidden name with a media suffix anywhere in it is an unfinished copy, as rsync makes.
    """
    if name.startswith("."):
        return MEDIA_SUFFIXES.isdisjoint(suffix.lower() for suffix in PurePosixPath(name).suffixes)
    return suffix_of(name).lower() in formats.NOTE_SUFFIXES


def is_no_clip_folder(name: str) -> bool:
    """Whether a folder is hidden or one of an operating system."""
    return name.startswith(".") or name in _NO_CLIP_FOLDERS


def is_archive(name: str) -> bool:
    """Whether a file is an archive, a volume of one, or a download that is not complete."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in _ARCHIVE_SUFFIXES | _UNFINISHED_SUFFIXES or _VOLUME.fullmatch(suffix) is not None


def kind_of(name: str) -> str:
    """What a file is that is no media file, in words."""
    suffix = PurePosixPath(name).suffix
    if suffix.lower() in _UNFINISHED_SUFFIXES:
        return "a download that is not complete"
    if is_archive(name):
        return "an archive; unpack it"
    return f"not the suffix of a media file: {suffix!r}" if suffix else "it has no suffix"


def escaped(name: str) -> str:
    """A name in which bytes that are not UTF-8 can be written to a table."""
    return name.encode("utf-8", "backslashreplace").decode()


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
