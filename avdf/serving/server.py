"""The server of a detector: its page, its API, the folder that holds files while they are judged."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from avdf.data.audio.decoder import close_idle, keep_idle
from avdf.detection.loading import load_predictor
from avdf.errors import UserError
from avdf.serving.api import api_of
from avdf.serving.decoder_process import command_for
from avdf.serving.desk import Desk
from avdf.serving.judging import Judge
from avdf.serving.limits import ServingLimits
from avdf.serving.shield import is_local, shield
from avdf.serving.visits import swept

if TYPE_CHECKING:
    from fastapi import FastAPI

_LEAVE_S = 3  # for answers that are on their way when the server is told to end


def serve(folder: Path, limits: ServingLimits, host: str, port: int, *, with_page: bool = True) -> None:
    """Serves a detector folder until Ctrl-C or SIGTERM, and prints its address when it can be used.

    Raises UserError if there is no such detector, or the address can't be used.
    """
    import uvicorn

    with _listening(host, port) as listener, application(folder, limits, host, with_page=with_page) as app:
        address = address_of(host, listener)
        if not is_local(host):
            print(_warning(host), file=sys.stderr)
        print(address, flush=True)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_LEAVE_S,
            server_header=False,
        )
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def application(
    folder: Path, limits: ServingLimits, host: str = "127.0.0.1", *, with_page: bool = True
) -> "Iterator[FastAPI]":
    """The application of a detector folder. At the end of the block no file of a user is left."""
    judge = Judge(
        predictor=load_predictor(folder),
        folder=folder,
        limits=limits,
        decoder=command_for(limits.max_seconds),
    )
    desk = Desk(limits)
    with tempfile.TemporaryDirectory(prefix="avdf-serve-", ignore_cleanup_errors=True) as place:
        try:
            with keep_idle(), swept(Path(place)):
                app = api_of(judge, desk, Path(place))
                if with_page:
                    _add_page(app, judge, desk, Path(place))
                shield(app, host)
                yield app
        finally:
            desk.close()
            close_idle()


def address_of(host: str, listener: socket.socket) -> str:
    """The address that a browser on this machine opens."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{listener.getsockname()[1]}"


def _add_page(app: "FastAPI", judge: Judge, desk: Desk, place: Path) -> None:
    # Before Gradio is loaded, which reads them then.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(place / "page")
    from avdf.serving.page import add_page

    add_page(app, judge, desk, place)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise UserError(f"--host {host}: is no address of this machine ({error.strerror})") from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            raise UserError(
                f"--host {host} --port {port}: can't be used ({error.strerror}); "
                "name another --port, or 0 for any"
            ) from error
        yield listener


def _warning(host: str) -> str:
    return (
        f"warning: --host {host} is open to other machines: whoever reaches this one can send files and read "
        "the answers, without a password and without encryption; put a proxy that has both in front of it"
    )
