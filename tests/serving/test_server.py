"""The server as a whole: its address, its mistakes, its headers, and what a browser may do."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from making.serving import Served, form_of, get, listening, send

from avdf.commands.dispatch import call
from avdf.errors import UserError
from avdf.serving.answer_schema import KEYS, OF_EYES
from avdf.serving.limits import ServingLimits
from avdf.serving.server import address_of, application
from avdf.serving.shield import is_local

TOP = Path(__file__).parents[2]


def test_openapi_lists_the_keys_of_an_answer_and_no_page_loads_scripts_from_elsewhere(served: Served):
    told = json.loads(get(served.port, "/openapi.json")[2])
    answer = told["paths"]["/predict"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(answer["properties"]) == set(KEYS) | set(OF_EYES)
    assert answer["required"] == list(KEYS)
    assert set(told["paths"]) == {"/predict", "/health"}
    assert [get(served.port, path)[0] for path in ("/docs", "/redoc")] == [404, 404]


def test_health_says_which_detector_it_is(served: Served):
    told = json.loads(get(served.port, "/health")[2])
    assert (told["status"], told["places"]) == ("ok", 2)
    assert told["detector"] == served.judge.predictor.facts["detector"]


def test_a_browser_is_told_to_load_nothing_and_another_host_is_refused(detector: Path, clip: Path):
    with application(detector, ServingLimits(), with_page=False) as app, listening(app) as port:
        status, headers, _ = get(port, "/health")
        assert status == 200
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "http" not in headers["content-security-policy"]
        assert get(port, "/health", Host="attacker.example")[0] == 400
        assert send(port, form_of(clip.read_bytes()))[0] == 200


@pytest.mark.slow
def test_a_server_prints_its_address_and_leaves_nothing_when_it_is_ended(
    detector: Path, clip: Path, tmp_path: Path
):
    command = [sys.executable, str(TOP / "tools" / "serve.py"), str(detector), "--port", "0", "--no-page"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        address = server.stdout.readline()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)\n", address)
        assert found
        assert send(int(found[1]), form_of(clip.read_bytes()))[0] == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--queue", "-1"], "--queue must be >= 0, got -1"),
        (["--parallel", "0"], "--parallel must be >= 1, got 0"),
        (["--max-mib", "0"], "--max-mib must be above 0, got 0"),
        (["--port", "70000"], "--port must be from 0 to 65535, got 70000"),
    ],
)
def test_a_limit_out_of_bounds_is_one_message(words: list[str], message: str, detector: Path):
    with pytest.raises(UserError, match=message):
        call("serve", [str(detector), *words], "serve")


def test_a_port_that_is_taken_is_one_message(detector: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with pytest.raises(
            UserError, match=f"--port {port}: can't be used .Address already in use.; name an"
        ):
            call("serve", [str(detector), "--no-page", "--port", port], "serve")


def test_only_addresses_of_this_machine_are_local():
    local = {"127.0.0.1", "127.8.8.8", "::1", "localhost"}
    hosts = [*local, "0.0.0.0", "::", "192.168.1.7", "example.org"]
    assert {host for host in hosts if is_local(host)} == local
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert address_of("0.0.0.0", listener) == f"http://127.0.0.1:{port}"
        assert address_of("::1", listener) == f"http://[::1]:{port}"
