"""Where a sweep is stored: its folder, which belongs to one study, and the study's database."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import optuna
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from avdf.errors import ConfigError, UserError
from avdf.files import read_json, write_json

MAX_DATABASE_BYTES = 1 << 28  # 256 MiB; 1,000 trials of 60 epochs take about 12 MiB
MAX_JSON_BYTES = 1_000_000
_MARK, _DATABASE = "study.json", "study.db"
_OTHER = "name another folder (--out) or database (--storage)"


def check_folder(out: Path, study: str, storage: str | None) -> None:
    """Raises UserError if the folder holds another study, or something that is not a sweep."""
    mark = out / _MARK
    if mark.is_file():
        held = read_small_json(mark, "name another folder (--out)")
        if held != _owner(study, storage):
            raise UserError(
                f"--out: {str(out)!r} holds another study ({json.dumps(held)[:200]}); name another folder"
            )
    elif out.exists() and not _holds_at_most_a_database(out):
        raise UserError(f"--out: {str(out)!r} holds something that is not a sweep; name another folder")


def claim_folder(out: Path, study: str, storage: str | None) -> None:
    """Writes down which study the folder belongs to."""
    if not (out / _MARK).is_file():
        write_json(out / _MARK, _owner(study, storage))


def database_in(out: Path) -> str:
    """The URL of a SQLite file in the folder, which is created. Raises UserError if it can't be used."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"--out: {str(out)!r} can't be made ({error.strerror}); name another folder"
        ) from error
    path = str((out / _DATABASE).resolve())
    return URL.create("sqlite", database=path).render_as_string(hide_password=False)


def read_small_json(path: Path, remedy: str) -> Any:
    """The content of a JSON file of at most 1 MB. Raises UserError that ends in the remedy."""
    if path.stat().st_size > MAX_JSON_BYTES:
        raise UserError(f"{path}: is larger than 1 MB, the limit for this file; {remedy}")
    try:
        return read_json(path)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: can't be read as JSON ({_first_line(error)}); {remedy}") from error


def open_storage(url: str, num_attempts: int = 4) -> optuna.storages.RDBStorage:
    """Opens a database and creates Optuna's tables. Raises ConfigError if it can't be used."""
    _check_sqlite_file(url)
    # Several processes may write to one SQLite file: each waits up to 60 s for the others, not 5 s.
    options: dict[str, Any] = {"connect_args": {"timeout": 60}} if url.startswith("sqlite") else {}
    try:
        return optuna.storages.RDBStorage(url, engine_kwargs=options)
    except ImportError as error:
        scheme = url.partition(":")[0]
        raise ConfigError(
            f"--storage: the driver of {scheme}:// is missing ({error.__cause__ or error}); install it"
        ) from error
    except RuntimeError as error:  # the tables of another version of Optuna
        raise ConfigError(
            f"the study's database can't be used: {_first_line(error).strip()} Install that Optuna, or name "
            "another folder (--out) or database (--storage)"
        ) from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        if isinstance(error, ArgumentError) or num_attempts == 1:
            raise ConfigError(
                f"--storage: {_first_line(error)}; give a SQLAlchemy URL, its driver installed"
            ) from error
    time.sleep(0.5)  # of processes that start together only one creates the tables; the others fail once
    return open_storage(url, num_attempts - 1)


def database_error(error: Exception) -> ConfigError:
    """The message for a database whose content is not that of a study."""
    return ConfigError(
        f"the study's database can't be used ({type(error).__name__}: {_first_line(error)}); {_OTHER}"
    )


def _holds_at_most_a_database(out: Path) -> bool:
    return out.is_dir() and all(path.name.startswith(_DATABASE) for path in out.iterdir())


def _check_sqlite_file(url: str) -> None:
    """Raises ConfigError for a SQLite file that is not what Optuna makes: plain tables of moderate size.

    A view or a trigger in an untrusted file could make every query run forever.
    """
    try:
        name = make_url(url).database if url.startswith("sqlite") else None
    except ArgumentError:
        return  # refused when the database is opened
    if not name or not (path := Path(name)).exists():
        return
    if not path.is_file():
        raise ConfigError(f"the study's database {path} is not a regular file; {_OTHER}")
    if path.stat().st_size > MAX_DATABASE_BYTES:
        raise ConfigError(f"the study's database {path} is larger than 256 MiB, the limit; {_OTHER}")
    try:
        with closing(sqlite3.connect(f"file:{quote(name)}?mode=ro", uri=True, timeout=60)) as connection:
            kinds = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    except sqlite3.Error as error:
        raise ConfigError(
            f"the study's database {path} is damaged or is not SQLite ({error}); {_OTHER}"
        ) from error
    for kind, item, text in kinds:
        if kind not in ("table", "index") or str(text).upper().startswith("CREATE VIRTUAL"):
            raise ConfigError(f"the study's database {path} holds the {kind} {item!r}, not a table; {_OTHER}")


def _owner(study: str, storage: str | None) -> dict[str, str | None]:
    """The URL of a shared database without its password; None for one in the folder, which may move."""
    try:
        return {"study": study, "storage": storage and make_url(storage).render_as_string()}
    except ArgumentError as error:
        raise UserError(f"--storage: {error}; give a SQLAlchemy URL, its driver installed") from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]
