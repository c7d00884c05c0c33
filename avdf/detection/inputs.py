"""What a command is asked to score: files, folders, a list of them, and a stream on standard input."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from avdf.data.audio.limits import LIMITS
from avdf.detection.listing import FoundMedia, find_media
from avdf.errors import UserError
from avdf.paths import utf8_path

STREAM = Path("-")  # standard input
_LONGEST_PATH = 1 << 16  # bytes
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The files to score; `names` are what results call them: the path, or - for the stream."""

    media: FoundMedia
    names: list[str]


@contextmanager
def inputs_of(paths: Sequence[Path], list_of: Path | None, standard_input: BinaryIO) -> Iterator[Inputs]:
    """Files, folders and - among `paths`, then the paths in the file `list_of`, of which - is the input.

    Within the block the stream is a file. Raises UserError where there is nothing to score, or the input
    would have to be both.
    """
    num_streams = list(paths).count(STREAM) + (list_of == STREAM)
    if num_streams > 1:
        raise UserError("-: standard input is one stream or one list; name it once")
    listed = [] if list_of is None else _listed(list_of, standard_input)
    if not paths and list_of is None:
        raise UserError("PATH: name a media file, a folder, - for a stream, or a list with --files-from")
    with tempfile.TemporaryDirectory(prefix="avdf-") as folder:
        stream = Path(folder, "stream")
        if STREAM in paths:
            _store(standard_input, stream)
        media = find_media([*(stream if path == STREAM else path for path in paths), *listed])
        names = [str(STREAM) if path == stream else utf8_path(path) for path in media.files]
        yield Inputs(media=media, names=names)


def _listed(path: Path, standard_input: BinaryIO) -> list[Path]:
    if path == STREAM:
        return paths_in(standard_input.read(), "-")
    try:
        return paths_in(path.read_bytes(), utf8_path(path))
    except OSError as error:
        raise UserError(f"--files-from {utf8_path(path)}: can't be read ({error.strerror})") from error


def paths_in(content: bytes, name: str) -> list[Path]:
    r"""The paths of a list, one a line, or divided by NUL bytes, as `find -print0` writes them.

    Empty lines are passed over. Raises UserError for a list without a path, or with a line that is none.

    >>> [path.as_posix() for path in paths_in(b"a.wav\r\n\nb c.wav\n", "list")]
    ['a.wav', 'b c.wav']
    """
    separator = b"\0" if b"\0" in content else b"\n"
    lines = [line if separator == b"\0" else line.rstrip(b"\r") for line in content.split(separator)]
    named = [line for line in lines if line.strip()]
    if not named:
        raise UserError(f"--files-from {name}: holds no path; give one path a line")
    if (longest := max(map(len, named))) > _LONGEST_PATH:
        raise UserError(f"--files-from {name}: a line of {longest} bytes is no path; give one path a line")
    return [Path(os.fsdecode(line)) for line in named]


def _store(stream: BinaryIO, path: Path) -> None:
    """Writes a stream to a file, since decoders seek. Raises UserError if it is empty or too long."""
    num_bytes = 0
    with path.open("wb") as file:
        while block := stream.read(_BLOCK):
            num_bytes += len(block)
            if num_bytes > LIMITS.file_bytes:
                raise UserError(f"-: the stream has more than {LIMITS.file_bytes / 2**30:g} GiB; give a file")
            file.write(block)
    if not num_bytes:
        raise UserError("-: nothing came on standard input; pipe a media file into the command")
