"""The page where every place for a file is taken: a visitor is told so, and judged when one is free."""

import json
import os
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from making.browsing import ANSWER_MS, MISSING, WHAT_IS_MISSING, chromium, opened, verdict_of
from making.serving import get

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=WHAT_IS_MISSING)]

# One place. A file that begins with "wait" is decoded when the file `go` is there.
DECODER = """
import sys, time
from pathlib import Path
from avdf.data.audio.decoder_process import main
from avdf.serving.decoder_process import decode_within

def decode(path, sample_rate_hz):
    while path.read_bytes().startswith(b"wait") and not Path(sys.argv[1]).exists():
        time.sleep(0.05)
    return decode_within(600, path, sample_rate_hz)

main(decode)
"""
# Until its input ends.
SERVER = """
import sys
from pathlib import Path
from making.serving import listening
from avdf.data.audio.decoder import close_idle, keep_idle
from avdf.detection.loading import load_predictor
from avdf.serving.api import api_of
from avdf.serving.desk import Desk
from avdf.serving.judging import Judge
from avdf.serving.limits import ServingLimits
from avdf.serving.page import add_page

detector, held, decoder, go = sys.argv[1:]
limits, held = ServingLimits(decode_timeout=300, parallel=1, queue=0), Path(held)
judge = Judge(predictor=load_predictor(Path(detector)), folder=Path(detector), limits=limits,
              decoder=(sys.executable, "-c", decoder, go))
desk = Desk(limits)
app = api_of(judge, desk, held)
add_page(app, judge, desk, held)
with keep_idle(), listening(app) as port:
    print(port, flush=True)
    sys.stdin.read()
desk.close()
close_idle()
"""


def test_a_visitor_who_finds_no_place_is_told_when_to_come_back(detector: Path, clip: Path, tmp_path: Path):
    go, slow, held = (tmp_path / name for name in ("go", "slow.wav", "held"))
    slow.write_bytes(b"wait")
    held.mkdir()
    command = [sys.executable, "-c", SERVER, str(detector), str(held), DECODER, str(go)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environment["GRADIO_TEMP_DIR"] = str(held / "page")  # as `avdf serve` sets it
    with (
        Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment) as server,
        chromium() as browser,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            address = f"http://127.0.0.1:{port}"
            with opened(browser, address) as first, opened(browser, address) as second:
                second.uncheck("input[type=checkbox]")
                first.set_input_files("#avdf-file input[type=file]", slow)
                until_a_place_is_taken(port)
                second.set_input_files("#avdf-file input[type=file]", clip)
                words = "every place for a file is taken (1 of 1); try again in 1 s."
                assert verdict_of(second).split() == ["No", "answer", *words.split()]
                go.touch()
                assert "slow.wav: unreadable (" in verdict_of(first)
                second.set_input_files("#avdf-file input[type=file]", clip)
                second.wait_for_selector("#avdf-verdict audio", timeout=ANSWER_MS)
                assert verdict_of(second).startswith("a.wav\n")
        finally:
            server.stdin.close()


def until_a_place_is_taken(port: int) -> None:
    end = time.monotonic() + 2 * ANSWER_MS / 1000
    while json.loads(get(port, "/health")[2])["files"] == 0:
        assert time.monotonic() < end
        time.sleep(0.1)
