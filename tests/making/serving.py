"""A server of a small detector on a free port, and the requests of its clients."""

import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avdf.detection.loading import load_predictor
from avdf.serving.api import api_of
from avdf.serving.desk import Desk
from avdf.serving.judging import Judge
from avdf.serving.limits import ServingLimits

BOUNDARY = "a-line-that-no-file-holds"
# Files that begin so crash or block their decoder; others are decoded as in `avdf serve`.
STUBBORN = """
import ctypes, sys, time
from avdf.data.audio.decoder_process import main
from avdf.serving.decoder_process import decode_within

def stubborn(path, sample_rate_hz):
    if path.read_bytes().startswith(b"crash"):
        ctypes.string_at(0)
    if path.read_bytes().startswith(b"hang"):
        time.sleep(60)
    return decode_within(float(sys.argv[1]), path, sample_rate_hz)

main(stubborn)
"""


@dataclass(frozen=True)
class Served:
    """A server: its port, its judge, and the folder that holds files while they are judged."""

    port: int
    judge: Judge
    folder: Path


def judge_of(detector: Path, limits: ServingLimits) -> Judge:
    """A judge whose decoders are STUBBORN."""
    command = (sys.executable, "-c", STUBBORN, f"{limits.max_seconds}")
    return Judge(predictor=load_predictor(detector), folder=detector, limits=limits, decoder=command)


@contextmanager
def serving(judge: Judge, folder: Path) -> Iterator[int]:
    """The JSON API on a port of this machine, which is yielded."""
    desk = Desk(judge.limits)
    try:
        with listening(api_of(judge, desk, folder)) as port:
            yield port
    finally:
        desk.close()


@contextmanager
def listening(app: Any) -> Iterator[int]:
    """Any ASGI application on a free port of this machine."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def form_of(content: bytes, name: str = "a.wav", field: str = "file") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def send(port: int, body: Any, **headers: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Posts a form, or pieces of one, to /predict: status, headers and JSON of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        connection.request(
            "POST", "/predict", body, kind | {k.replace("_", "-"): v for k, v in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, lower(answer), json.loads(answer.read())
    finally:
        connection.close()


def lower(answer: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.getheaders()}


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, lower(answer), answer.read().decode()
    finally:
        connection.close()
