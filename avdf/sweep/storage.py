"""The folder of a sweep: it holds one study, and nothing that is not that study's."""

import json
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from avdf.errors import UserError
from avdf.files import read_json, write_json

_MARK, _DATABASE = "study.json", "study.db"


def check_folder(out: Path, study: str, storage: str | None) -> None:
    """Raises UserError where the folder holds another study, or something that is no sweep."""
    mark = out / _MARK
    if mark.is_file():
        if (held := read_json(mark)) != _owner(study, storage):
            raise UserError(
                f"--out: {str(out)!r} holds another study ({json.dumps(held)}); name another folder"
            )
    elif out.exists() and not (out.is_dir() and all(one.name.startswith(_DATABASE) for one in out.iterdir())):
        raise UserError(f"--out: {str(out)!r} holds something that is no sweep; name another folder")


def claim_folder(out: Path, study: str, storage: str | None) -> None:
    """Notes whose the folder is."""
    if not (out / _MARK).is_file():
        write_json(out / _MARK, _owner(study, storage))


def own_database(out: Path) -> str:
    """The URL of a SQLite file in the folder, which is made. Raises UserError where it can't be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out: {str(out)!r} can't be made ({error.strerror}); name another") from error
    path = str((out / _DATABASE).resolve())
    return URL.create("sqlite", database=path).render_as_string(hide_password=False)


def _owner(study: str, storage: str | None) -> dict[str, str | None]:
    """As written: a database elsewhere without its password, the folder's own not at all, as folders move."""
    try:
        return {"study": study, "storage": storage and make_url(storage).render_as_string()}
    except ArgumentError as error:
        raise UserError(f"--storage: {error}; give a SQLAlchemy URL, its driver installed") from error
