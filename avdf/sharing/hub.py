"""Detectors on the Hugging Face hub: hf://USER/NAME to send one, hf://USER/NAME@REVISION to load one.

A revision is a commit's 40 hex digits, so that what is loaded cannot change later.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from avdf.config.detector_json import MAX_DETECTOR_JSON_BYTES
from avdf.errors import UserError
from avdf.run_folder import RunFolder

SCHEME = "hf://"
MAX_WEIGHTS_BYTES = 4 << 30  # of a file that is fetched
_ADDRESS = re.compile(r"hf://(?P<repo>[\w.-]{1,96}/[\w.-]{1,96})(@(?P<revision>[^@/\s]{1,200}))?/?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Address:
    """A repository of the hub, and a revision of it."""

    repo: str
    revision: str | None = None


def address_of(text: str) -> Address:
    """Reads hf://USER/NAME or hf://USER/NAME@REVISION. Raises UserError.

    >>> address_of("hf://lab/ears@" + "0" * 40).repo
    'lab/ears'
    """
    found = _ADDRESS.fullmatch(text)
    if not found:
        raise UserError(f"{text}: no address of the hub; write hf://USER/NAME or hf://USER/NAME@REVISION")
    return Address(found["repo"], found["revision"])


def upload(folder: Path, address: Address, *, private: bool = False) -> str:
    """Sends a folder, making the repository if need be; returns the address with the new revision.

    Raises UserError if the hub refuses or can't be reached.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    with _explained(address):
        api.create_repo(address.repo, private=private, exist_ok=True)
        done = api.upload_folder(
            repo_id=address.repo,
            folder_path=folder,
            commit_message="Share a detector of avdf",
            revision=address.revision,
        )
    return f"{SCHEME}{address.repo}@{done.oid}"


def download(text: str) -> Path:
    """The local folder with the detector of hf://USER/NAME@REVISION, fetched once by its commit.

    Only detector.json and the weights are fetched, after a look at their sizes. Raises UserError without a
    pinned revision, for files beyond the limits, and if the hub refuses or can't be reached.
    """
    address = address_of(text)
    from huggingface_hub import HfApi, hf_hub_download

    with _explained(address):
        if address.revision is None or not _COMMIT.fullmatch(address.revision):
            newest = HfApi().model_info(address.repo, revision=address.revision).sha
            raise UserError(f"{text}: pin a revision, as in {SCHEME}{address.repo}@{newest}")
        limits = {"detector.json": MAX_DETECTOR_JSON_BYTES, "detector.safetensors": MAX_WEIGHTS_BYTES}
        sizes = {
            item.rfilename: item.size
            for item in HfApi()
            .model_info(address.repo, revision=address.revision, files_metadata=True)
            .siblings
            or ()
        }
        for name, limit in limits.items():
            size = sizes.get(name)
            if size is None:
                raise UserError(f"{text}: holds no {name}; it is no detector of avdf")
            if size > limit:
                raise UserError(f"{text}: {name} has {size >> 20} MiB, more than {limit >> 20}")
        paths = [Path(hf_hub_download(address.repo, name, revision=address.revision)) for name in limits]
    return paths[0].parent


def local_folder(source: str | Path) -> Path:
    """The path that was given; of an address of the hub, the folder that its detector is fetched to."""
    return download(source) if isinstance(source, str) and source.startswith(SCHEME) else Path(source)


def detector_path(source: str | Path) -> Path:
    """The detector that a command was given: of a run its folder detector/, else as `local_folder`."""
    path = local_folder(source)
    inside = RunFolder(path).detector
    return inside if inside.is_dir() else path


@contextmanager
def _explained(address: Address) -> Iterator[None]:
    """Turns what the hub answers into one message for people."""
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        LocalTokenNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    name = f"{SCHEME}{address.repo}"
    # its bases are the errors of the HTTP library that the client uses, whichever that is
    unreachable: tuple[type[Exception], ...] = (LocalEntryNotFoundError, *HfHubHTTPError.__bases__)
    try:
        yield
    except LocalTokenNotFoundError as error:
        raise UserError(f"{name}: the hub asks who you are; run `hf auth login` or set HF_TOKEN") from error
    except RevisionNotFoundError as error:
        raise UserError(f"{name}: has no revision {address.revision}") from error
    except RepositoryNotFoundError as error:
        raise UserError(f"{name}: no such repository, or none that you may read or write") from error
    except (HfHubHTTPError, HFValidationError) as error:
        raise UserError(f"{name}: the hub refused ({_first_line(error)})") from error
    except unreachable as error:
        raise UserError(f"{name}: the hub can't be reached ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
