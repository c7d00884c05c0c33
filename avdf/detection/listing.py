"""Files and folders from a command line -> the media files to score, and what was passed over."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from avdf.data.audio.decoder import Decoder, pooled_decoder
from avdf.data.audio.formats import MEDIA_SUFFIXES, NOTE_SUFFIXES
from avdf.errors import MediaError, UserError

_APPLE_DOUBLE = bytes.fromhex("00051607")
_RATE_HZ = 16000  # any rate will do: nothing is decoded here


@dataclass
class FoundMedia:
    """Files to score in the order of the paths, and the files of folders that hold no sound.

    `notes` are those whose suffix says so (.txt, .csv, ...), `passed_over` the others.
    """

    files: list[Path] = field(default_factory=list)
    passed_over: list[tuple[Path, str]] = field(default_factory=list)  # path, reason
    notes: list[Path] = field(default_factory=list)


def find_media(paths: Sequence[Path]) -> FoundMedia:
    """The files named, and all files with sound below the folders named, links followed.

    A file with the suffix of a media container is always listed. Any other file of a folder is listed
    if FFmpeg recognises a container with sound in it; if not, it is a note or passed over with the reason.
    Raises UserError for a folder without media.
    """
    media = FoundMedia()
    with pooled_decoder(_RATE_HZ) as decoder:
        for path in paths:
            if not os.path.isdir(path):  # False where it can't be told
                media.files.append(path)
                continue
            num_files, num_others = len(media.files), len(media.passed_over) + len(media.notes)
            for file in sorted(_files_below(path, media.passed_over)):
                reason = _no_media_reason(file, decoder)
                if reason is None:
                    media.files.append(file)
                elif file.suffix.lower() in NOTE_SUFFIXES and file.is_file():
                    media.notes.append(file)
                else:
                    media.passed_over.append((file, reason))
            if len(media.files) == num_files:
                number = len(media.passed_over) + len(media.notes) - num_others
                raise UserError(f"{path}: no media file in it ({number} other files)")
    return media


def media_files(paths: Sequence[Path]) -> list[Path]:
    """The files of `find_media`, without what was passed over."""
    return find_media(paths).files


def _files_below(folder: Path, passed_over: list[tuple[Path, str]]) -> Iterator[Path]:
    """Every file below a folder; a folder that is reached by several links is read once."""

    def name_unreadable(error: OSError) -> None:
        passed_over.append((Path(error.filename), f"the folder can't be read: {error.strerror}"))

    known: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True, onerror=name_unreadable):
        known.add(os.path.realpath(place))
        folders[:] = [name for name in sorted(folders) if os.path.realpath(Path(place, name)) not in known]
        yield from (Path(place, name) for name in names)


def _no_media_reason(path: Path, decoder: Decoder) -> str | None:
    """Why a file of a folder is passed over, or None for a file to score."""
    if path.name.startswith("._") and _starts_with(path, _APPLE_DOUBLE):
        return "an AppleDouble file of macOS: no sound, only properties of another file"
    if path.suffix.lower() in MEDIA_SUFFIXES:
        return None
    try:
        decoder.check_has_audio(path)
    except MediaError as error:
        return None if error.reason in ("crashed", "time limit") else f"{error.reason} ({error.detail})"
    return None


def _starts_with(path: Path, beginning: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(beginning)) == beginning
    except OSError:
        return False
