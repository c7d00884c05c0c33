"""The file in a request -> a file in a folder of its own, which is gone when its answer is known.

Sizes and times are checked while the request is read, so that no more than the limit is ever stored.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from avdf.data.audio.formats import MEDIA_SUFFIXES
from avdf.serving.limits import RefusedError, ServingLimits

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request

FIELD = "file"
_FORM_BYTES = 1 << 16  # of a request, beside the file: boundaries and headers of its parts
_HOW = f"send a form (multipart/form-data) with one file in the field {FIELD!r}"


@dataclass(frozen=True)
class Received:
    """A file of a user: where it lies, and what the user calls it."""

    path: Path
    name: str


class Body:
    """The body of a request, read within the limits."""

    def __init__(self, request: "Request", limits: ServingLimits) -> None:
        self.request, self.limits = request, limits
        self._num_bytes = 0
        self._end = time.monotonic() + limits.upload_timeout

    async def receive(self) -> Any:
        """The next piece. Raises RefusedError for too many bytes (413) and after too long (408)."""
        try:
            message = await asyncio.wait_for(self.request.receive(), max(self._end - time.monotonic(), 0))
        except asyncio.TimeoutError:
            raise RefusedError(f"it did not arrive within {self.limits.upload_timeout:g} s", 408) from None
        self._num_bytes += len(message.get("body", b""))
        if self._num_bytes > self.limits.max_bytes + _FORM_BYTES:
            raise too_large(self.limits)
        return message


@asynccontextmanager
async def received(body: Body, folder: Path) -> AsyncIterator[Received]:
    """Stores the file of a form below `folder` until the end of the block.

    Raises RefusedError: 413 if too large, 408 if it takes too long, 415 or 422 for another kind of request.
    """
    form = await _form(body)
    try:
        file = form.get(FIELD)
        if file is None or isinstance(file, str):
            raise RefusedError(f"the form holds no file; {_HOW}", 422)
        if (file.size or 0) > body.limits.max_bytes:
            raise too_large(body.limits)
        name = base_name(file.filename)
        with tempfile.TemporaryDirectory(dir=folder, prefix="file-") as place:
            path = Path(place, f"file{suffix_for(name)}")
            await asyncio.to_thread(_store, file.file, path)
            await form.close()  # its own copy, which has no name in the file system
            yield Received(path, name)
    finally:
        await form.close()


async def _form(body: Body) -> "FormData":
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect, Request

    headers = body.request.headers
    if not headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise RefusedError(f"the request holds no form; {_HOW}", 415)
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > body.limits.max_bytes + _FORM_BYTES:
        raise too_large(body.limits)
    try:
        return await Request(body.request.scope, body.receive).form(max_files=1, max_fields=16)
    except HTTPException as error:  # of a form that can't be read
        raise RefusedError(f"the form can't be read ({error.detail}); {_HOW}", 422) from error
    except ClientDisconnect:
        raise RefusedError("the client left before its file had arrived", 400) from None


def too_large(limits: ServingLimits) -> RefusedError:
    return RefusedError(f"too large (more than {limits.max_mib:g} MiB)", 413)


def base_name(name: str | None) -> str:
    r"""The last part of a name from a request, whichever system it is from.

    >>> base_name("C:\\calls\\a.wav"), base_name("../a.wav"), base_name("")
    ('a.wav', 'a.wav', 'file')
    """
    return PureWindowsPath(PurePosixPath(name or "").name).name or "file"


def suffix_for(name: str) -> str:
    """The suffix of a media container, which helps FFmpeg to recognise it; else none.

    >>> suffix_for("Call.MP3"), suffix_for("call.exe")
    ('.mp3', '')
    """
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if suffix in MEDIA_SUFFIXES else ""


def _store(source: Any, path: Path) -> None:
    with path.open("xb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
