"""Places are counted from arrival to answer, bytes while they arrive, and a decoder works for many files."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")

from making.serving import BOUNDARY, form_of, judge_of
from starlette.requests import Request

from avdf.data.audio.decoder import _IDLE, close_idle, keep_idle
from avdf.serving.desk import Desk
from avdf.serving.limits import RefusedError, ServingLimits
from avdf.serving.receiving import Body, received

PIECE = bytes(1 << 16)


def test_as_many_files_may_be_here_as_are_judged_and_wait():
    desk = Desk(ServingLimits(parallel=1, queue=1))
    with desk.place(), desk.place():
        with pytest.raises(RefusedError) as raised, desk.place():
            pass
        assert (raised.value.status, raised.value.retry_after_s) == (
            503,
            2,
        )  # 2 files of 1 s each, one at a time
    with desk.place():
        assert desk.state() == {"files": 1, "done": 0}
    desk.close()


def test_a_place_is_given_back_when_the_work_fails():
    desk = Desk(ServingLimits(parallel=1, queue=0))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), desk.place():
            desk.begin(lambda: 1 // 0).result()
    assert desk.state() == {"files": 0, "done": 3}
    desk.close()


def test_no_more_work_is_done_at_once_than_was_allowed():
    desk, most, now, lock = Desk(ServingLimits(parallel=2)), 0, 0, threading.Lock()
    both = threading.Barrier(2, timeout=10)

    def work() -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        both.wait()  # two at a time, or this fails
        with lock:
            now -= 1

    for future in [desk.begin(work) for _ in range(6)]:
        future.result()
    desk.close()
    assert most == 2


def test_after_quick_work_a_client_is_told_to_come_back_soon():
    desk = Desk(ServingLimits(parallel=1, queue=4))
    for _ in range(60):
        desk.begin(lambda: None).result()
    with desk.place(), desk.place(), desk.place(), desk.place(), desk.place():
        with pytest.raises(RefusedError) as raised, desk.place():
            pass
        assert raised.value.retry_after_s == 1
    desk.close()


def test_no_more_is_read_of_a_file_than_the_limit_and_nothing_of_it_is_stored(tmp_path: Path):
    num_pieces = 0

    async def receive() -> dict[str, Any]:
        nonlocal num_pieces
        num_pieces += 1
        body = form_of(b"")[:100] if num_pieces == 1 else PIECE
        return {"type": "http.request", "body": body, "more_body": num_pieces < 500}

    async def work() -> None:
        kind = f"multipart/form-data; boundary={BOUNDARY}".encode()
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind)]}
        async with received(Body(Request(scope, receive), ServingLimits(max_mib=0.5)), tmp_path):
            pass

    with pytest.raises(RefusedError, match=r"too large \(more than 0\.5 MiB\)"):
        asyncio.run(work())
    assert (
        num_pieces <= 1 + 8 + 2
    )  # 0.5 MiB are 8 pieces; the rest of a form may fill one, and one is too much
    assert list(tmp_path.iterdir()) == []


def test_one_decoder_works_for_many_files(detector: Path, clip: Path):
    judge = judge_of(detector, ServingLimits())
    with keep_idle():
        judge.result_of(clip, "a.wav")
        first = list(_IDLE)
        judge.result_of(clip, "a.wav")
        assert len(first) >= 1
        assert first == _IDLE
    close_idle()  # which may be within the block of another server
