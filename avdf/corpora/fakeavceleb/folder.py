"""Sorts the files of a FakeAVCeleb folder: clips, files left out with a reason, files that are not clips."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from avdf.corpora.fakeavceleb.labels import first_odd_part, standard_key
from avdf.corpora.fakeavceleb.roots import Roots, type_folders
from avdf.protocols.walking import (
    MEDIA_SUFFIXES,
    READ_ELSEWHERE,
    Skipped,
    escaped,
    files_below,
    is_archive,
    is_no_clip,
    is_no_clip_folder,
    kind_of,
    problem_of_link,
    problem_of_name,
    start_below,
)

UNKNOWN_GROUP = "unknown group"
CLIP_PLACE = "a clip lies at TYPE/RACE/GENDER/ID/FILE.mp4"


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
    start_of_base = len(start_below(base))
    for root in roots.folders:
        start = len(start_below(root))
        tops = sorted(type_folders(root), key=lambda top: (top.is_symlink(), top))
        for top in tops:
            for path, problem in files_below(top, allowed, seen, is_no_clip):
                _add(listing, path[start_of_base:], path[start:], problem)
        _add_strays(listing, base, root, {str(top) for top in tops})
    for link in roots.links:
        problem = problem_of_link(link, allowed) or READ_ELSEWHERE
        listing.skipped.append((escaped(link.relative_to(folder).as_posix()), *problem))
    for (name, reason), count in listing.odd_folders.items():
        why = "its name is not a race or gender of FakeAVCeleb" if reason == UNKNOWN_GROUP else CLIP_PLACE
        files = "1 file" if count == 1 else f"{count} files"
        listing.skipped.append((name, reason, f"{files} in it; {why}"))
    return listing


def _add(listing: Listing, path: str, below_root: str, problem: tuple[str, str] | None) -> None:
    """Adds one file, or one folder or link with its problem, to the listing."""
    clip, below_root = (name.replace(os.sep, "/") for name in (path, below_root))
    key = standard_key(below_root)
    parts = below_root.split("/")
    problem = problem or problem_of_name(clip)
    if problem is not None:
        listing.skipped.append((escaped(clip), *problem))
        listing.claimed |= {key} if key else set()
    elif key is None and (odd_part := first_odd_part(parts)) is not None:
        name = escaped("/".join(clip.split("/")[: odd_part + 1 - len(parts) or None]))
        if odd_part == len(parts) - 1:
            listing.skipped.append((name, "unexpected place", CLIP_PLACE))
        else:
            is_group = odd_part in (1, 2) and len(parts) == 5
            listing.odd_folders[name, UNKNOWN_GROUP if is_group else "unexpected place"] += 1
    elif key is None:
        listing.skipped.append((clip, "unexpected file", kind_of(parts[-1])))
    elif key in listing.files:
        first, second = sorted((clip, listing.files[key]), key=lambda name: (not _is_mp4(name), name))
        listing.files[key] = first
        listing.skipped.append((second, "same clip", f"{first} is the same clip in another spelling"))
    else:
        listing.files[key] = clip


def _add_strays(listing: Listing, base: Path, root: Path, tops: set[str]) -> None:
    """Names media files and archives that lie below a root but not in a type folder."""

    def unreadable(error: OSError) -> None:
        place = Path(str(error.filename)).relative_to(base).as_posix()
        listing.skipped.append((escaped(place), "unreadable", f"can't be opened ({error.strerror})"))

    for here, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = [
            name for name in folders if os.path.join(here, name) not in tops and not is_no_clip_folder(name)
        ]
        for name in names:
            suffix = PurePosixPath(name).suffix.lower()
            if name.startswith(".") or not (suffix in MEDIA_SUFFIXES or is_archive(name)):
                continue
            path = (Path(here) / name).relative_to(base)
            if here != str(root):
                listing.odd_folders[escaped(path.parent.as_posix()), "unexpected place"] += 1
            elif suffix in MEDIA_SUFFIXES:
                listing.skipped.append((escaped(path.as_posix()), "unexpected place", CLIP_PLACE))
            else:
                listing.skipped.append((escaped(path.as_posix()), "unexpected file", kind_of(name)))


def _is_mp4(name: str) -> bool:
    return name.lower().endswith(".mp4")
