"""Sorts the files of a FakeAVCeleb folder: clips, files left out with a reason, files that are not clips."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from avdf.corpora.fakeavceleb.labels import MEDIA_SUFFIXES, first_odd_part, standard_key
from avdf.corpora.fakeavceleb.roots import Roots, type_folders
from avdf.data.audio.formats import NOTE_SUFFIXES

Skipped = tuple[str, str, str]  # clip, reason, detail: a row of skipped.csv
UNKNOWN_GROUP = "unknown group"
CLIP_PLACE = "a clip lies at TYPE/RACE/GENDER/ID/FILE.mp4"
ARCHIVE_SUFFIXES = frozenset((".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar"))
UNFINISHED_SUFFIXES = frozenset((".part", ".partial", ".crdownload", ".download", ".aria2"))
_VOLUME = re.compile(r"\.(z|r|0)\d\d")  # of an archive in several files: .z01, .r00, .001
_NO_CLIP_FOLDERS = ("__MACOSX",)
_READ_ELSEWHERE = ("link", "a link to a folder that is read under its own name")


@dataclass
class Listing:
    """`files`: clip name by standard key. `claimed`: keys of files that exist but are left out.

    `odd_folders`: number of files by (folder, reason) in folders that are no part of the layout.
    """

    files: dict[str, str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    claimed: set[str] = field(default_factory=set)
    odd_folders: Counter[tuple[str, str]] = field(default_factory=Counter)


def list_files(roots: Roots, folder: Path) -> Listing:
    """Classifies every file below the roots; links that lead out of `folder` are not followed."""
    base, allowed = roots.base, folder.resolve()
    listing = Listing()
    seen: set[str] = set()
    for root in roots.folders:
        tops = sorted(type_folders(root), key=lambda top: (top.is_symlink(), top))
        for top in tops:
            for path, problem in _files_below(top, allowed, seen):
                _add(listing, path.relative_to(base), path.relative_to(root), problem)
        _add_strays(listing, base, root, {str(top) for top in tops})
    for link in roots.links:
        problem = _problem_of_link(link, allowed) or _READ_ELSEWHERE
        listing.skipped.append((_escaped(link.relative_to(folder).as_posix()), *problem))
    for (name, reason), count in listing.odd_folders.items():
        why = "its name is not a race or gender of FakeAVCeleb" if reason == UNKNOWN_GROUP else CLIP_PLACE
        files = "1 file" if count == 1 else f"{count} files"
        listing.skipped.append((name, reason, f"{files} in it; {why}"))
    return listing


def _add(listing: Listing, path: Path, below_root: Path, problem: tuple[str, str] | None) -> None:
    """Adds one file, or one folder or link with its problem, to the listing."""
    clip, parts = path.as_posix(), list(below_root.parts)
    key = standard_key(below_root.as_posix())
    problem = problem or _problem_of_name(clip)
    if problem is not None:
        listing.skipped.append((_escaped(clip), *problem))
        listing.claimed |= {key} if key else set()
    elif (odd_part := first_odd_part(parts)) is not None:
        name = _escaped(PurePosixPath(*path.parts[: len(path.parts) - len(parts) + odd_part + 1]).as_posix())
        if odd_part == len(parts) - 1:
            listing.skipped.append((name, "unexpected place", CLIP_PLACE))
        else:
            is_group = odd_part in (1, 2) and len(parts) == 5
            listing.odd_folders[name, UNKNOWN_GROUP if is_group else "unexpected place"] += 1
    elif key is None:
        listing.skipped.append((clip, "unexpected file", _kind(path.name)))
    elif key in listing.files:
        first, second = sorted((clip, listing.files[key]), key=lambda name: (not _is_mp4(name), name))
        listing.files[key] = first
        listing.skipped.append((second, "same clip", f"{first} is the same clip in another spelling"))
    else:
        listing.files[key] = clip


def _files_below(top: Path, allowed: Path, seen: set[str]) -> Iterator[tuple[Path, tuple[str, str] | None]]:
    """The files below a type folder, and what can't be read there with the reason.

    Links to folders inside `allowed` are read after all real folders; a folder is read once.
    """
    places: list[Path] = [top]
    links: list[Path] = []
    while places or links:
        place = places.pop() if places else links.pop(0)
        if os.path.islink(place) and (problem := _problem_of_link(place, allowed)):
            yield place, problem
            continue
        real = os.path.realpath(place)
        if real in seen:
            yield place, _READ_ELSEWHERE
            continue
        seen.add(real)
        try:
            items = sorted(os.scandir(place), key=lambda item: item.name, reverse=True)
        except OSError as error:
            yield place, ("unreadable", f"the folder can't be opened ({error.strerror})")
            continue
        for item in items:
            path = Path(item.path)
            if item.is_dir(follow_symlinks=False):
                places += [] if _is_no_clip_folder(item.name) else [path]
            elif item.is_symlink() and os.path.isdir(path):
                links.append(path)
            elif not _is_no_clip(item.name):
                problem = _problem_of_link(path, allowed) if item.is_symlink() else None
                if problem is None and not os.path.isfile(path):
                    problem = ("not a file", "a pipe, a socket or a device, or it can't be examined")
                yield path, problem


def _add_strays(listing: Listing, base: Path, root: Path, tops: set[str]) -> None:
    """Names media files and archives that lie below a root but not in a type folder."""

    def unreadable(error: OSError) -> None:
        place = Path(str(error.filename)).relative_to(base).as_posix()
        listing.skipped.append((_escaped(place), "unreadable", f"can't be opened ({error.strerror})"))

    for here, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = [
            name for name in folders if os.path.join(here, name) not in tops and not _is_no_clip_folder(name)
        ]
        for name in names:
            suffix = PurePosixPath(name).suffix.lower()
            if name.startswith(".") or not (suffix in MEDIA_SUFFIXES or _is_archive(name)):
                continue
            path = (Path(here) / name).relative_to(base)
            if here != str(root):
                listing.odd_folders[_escaped(path.parent.as_posix()), "unexpected place"] += 1
            elif suffix in MEDIA_SUFFIXES:
                listing.skipped.append((_escaped(path.as_posix()), "unexpected place", CLIP_PLACE))
            else:
                listing.skipped.append((_escaped(path.as_posix()), "unexpected file", _kind(name)))


def _problem_of_link(path: Path, allowed: Path) -> tuple[str, str] | None:
    if not os.path.exists(path):
        target = _escaped(os.readlink(path))
        return "missing file", f"a link to {target}, which is not there; git-annex fetches such files"
    if not path.resolve().is_relative_to(allowed):
        target = _escaped(str(path.resolve()))
        return (
            "outside root",
            f"a link to {target}, outside the folder that was given; give a folder above both",
        )
    return None


def _problem_of_name(clip: str) -> tuple[str, str] | None:
    name = PurePosixPath(clip).name
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


def _is_no_clip(name: str) -> bool:
    """Whether a file beside the clips is known not to be one: notes, lists, files of operating systems.

    A hidden name with a media suffix anywhere in it is an unfinished copy, as rsync makes.
    """
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    if name.startswith("."):
        return MEDIA_SUFFIXES.isdisjoint(suffixes)
    return bool(suffixes) and suffixes[-1] in NOTE_SUFFIXES


def _is_no_clip_folder(name: str) -> bool:
    return name.startswith(".") or name in _NO_CLIP_FOLDERS


def _is_mp4(name: str) -> bool:
    return name.lower().endswith(".mp4")


def _is_archive(name: str) -> bool:
    """Whether a file is an archive, a volume of one, or a download that is not complete."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in ARCHIVE_SUFFIXES | UNFINISHED_SUFFIXES or _VOLUME.fullmatch(suffix) is not None


def _kind(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    if suffix.lower() in UNFINISHED_SUFFIXES:
        return "a download that is not complete"
    if _is_archive(name):
        return "an archive; unpack it"
    return f"not the suffix of a media file: {suffix!r}" if suffix else "it has no suffix"


def _escaped(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
