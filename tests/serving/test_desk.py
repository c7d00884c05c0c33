"""Places are counted from arrival to answer, and the wait that a client is told follows from the work."""

import threading

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")

from avdf.serving.desk import Desk
from avdf.serving.limits import RefusedError, ServingLimits


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
