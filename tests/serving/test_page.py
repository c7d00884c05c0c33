"""The page in headless Chromium: a file goes in, a verdict comes out, and no other host is asked."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from making.browsing import ANSWER_MS, MISSING, WHAT_IS_MISSING, chromium, opened, verdict_of
from making.runs import TOP, short_settings

from avdf.demo.making import make_demo
from avdf.demo.plan import DemoSettings
from avdf.detection.listing import media_files
from avdf.detection.loading import load_predictor
from avdf.detection.prediction import predict
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment
from avdf.run_folder import RunFolder

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=WHAT_IS_MISSING)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("demo") / "demo", DemoSettings(num_identities=20))


@pytest.fixture(scope="module")
def run(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("trained")
    words = [*short_settings(demo, folder), "data.seconds=2", "train.epochs=8", f"run.dir={folder / 'run'}"]
    return RunFolder(run_experiment(load_experiment(TOP / "configs" / "audio_cnn.yaml", words), name="run"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def served(run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of `avdf serve`, and its temporary folder."""
    temporary = tmp_path_factory.mktemp("temporary")
    words = [str(run.path), "--port", "0", "--max-mib", "1", "--max-seconds", "30"]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    command = [sys.executable, str(TOP / "tools" / "serve.py"), *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, cwd=temporary
    ) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip(), temporary
        finally:
            server.terminate()
    assert list(temporary.iterdir()) == []  # nothing was written where it was started, either


def left_in(temporary: Path) -> list[Path]:
    """The files of users that still lie in the temporary folder 5 s later, if any does."""
    end = time.monotonic() + 5
    while (left := [path for path in temporary.rglob("*") if path.is_file()]) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def one_of(demo: Path, predictor: Any, call: str) -> Path:
    """A clip of the demo data that is what the detector calls it."""
    for result in predict(predictor, media_files([demo])):
        is_fake = "FakeAudio" in result["path"]
        if result["call"] == call and is_fake == (call == "fake"):
            return Path(result["path"])
    raise AssertionError(f"no clip is rightly called {call}")


@pytest.mark.parametrize("call", ["real", "fake"])
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_clip_is_judged_and_explained_and_is_gone_then(
    call: str, width: int, scheme: str, demo: Path, run: RunFolder, served: tuple[str, Path], browser: Any,
    tmp_path: Path,
):  # fmt: skip
    address, temporary = served
    predictor = load_predictor(run.detector)
    clip = one_of(demo, predictor, call)
    (expected,) = predict(predictor, [clip], timeline=True)
    shots = Path(os.environ.get("AVDF_SCREENSHOTS", tmp_path))
    with opened(browser, address, width, scheme) as page:
        page.screenshot(path=shots / f"empty_{width}_{scheme}.png", full_page=True)
        page.set_input_files("#avdf-file input[type=file]", clip)
        text = verdict_of(page)
        assert [line for line in text.splitlines() if line][:2] == [clip.name, call.capitalize()]
        assert expected["words"][1:] in text
        num_bars = page.locator("#avdf-verdict rect").count()
        assert num_bars == len(expected["timeline"])
        page.wait_for_selector("#avdf-why iframe", timeout=ANSWER_MS)
        frame = page.frame_locator("#avdf-why iframe")
        assert f"is called {call}" in frame.locator("h1").inner_text()
        page.wait_for_timeout(500)  # the frame takes the height of its content
        height = page.evaluate("document.querySelector('#avdf-why iframe').clientHeight")
        assert height >= frame.locator("body").evaluate("body => body.scrollHeight") - 2
        page.screenshot(path=shots / f"{call}_{width}_{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert left_in(temporary) == []


def test_the_player_plays_and_a_click_on_the_timeline_seeks(
    demo: Path, served: tuple[str, Path], browser: Any
):
    address, _ = served
    clip = media_files([demo])[0]
    with opened(browser, address) as page:
        page.uncheck("input[type=checkbox]")
        page.set_input_files("#avdf-file input[type=file]", clip)
        verdict_of(page)
        audio = page.locator("#avdf-verdict audio")
        seconds = audio.evaluate("audio => new Promise(done => { const tell = () => done(audio.duration);"
                                 "audio.duration ? tell() : audio.onloadedmetadata = tell })")  # fmt: skip
        box = page.locator(".avdf-timeline").bounding_box()
        page.locator(".avdf-timeline").click(position={"x": box["width"] / 2, "y": box["height"] / 2})
        assert audio.evaluate("audio => audio.currentTime") == pytest.approx(seconds / 2, rel=0.02)
        page.wait_for_function("parseFloat(document.querySelector('.avdf-head').style.left) > 40")


def test_a_file_that_is_pasted_is_judged(demo: Path, served: tuple[str, Path], browser: Any):
    address, _ = served
    clip = media_files([demo])[0]
    with opened(browser, address) as page:
        page.uncheck("input[type=checkbox]")
        page.evaluate(
            """bytes => {
              const data = new DataTransfer();
              data.items.add(new File([new Uint8Array(bytes)], 'pasted.mp4'));
              document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
            }""",
            list(clip.read_bytes()),
        )
        assert verdict_of(page).startswith("pasted.mp4\n")


def test_a_recording_is_judged_and_is_gone_then(served: tuple[str, Path], browser: Any):
    address, temporary = served
    with opened(browser, address) as page:
        page.uncheck("input[type=checkbox]")
        page.get_by_role("tab", name="Record").click()
        page.get_by_role("button", name="Record", exact=True).click()
        page.wait_for_timeout(3000)
        page.get_by_role("button", name="Stop", exact=True).click()
        assert re.search(r"\n(Real|Fake)\n", verdict_of(page))
        assert left_in(temporary) == []


def test_a_file_that_holds_no_sound_is_a_message(served: tuple[str, Path], browser: Any, tmp_path: Path):
    address, temporary = served
    (tmp_path / "notes.txt").write_text("no sound")
    with opened(browser, address) as page:
        page.set_input_files("#avdf-file input[type=file]", tmp_path / "notes.txt")
        assert "notes.txt: unreadable (can't be opened: " in verdict_of(page)
        assert left_in(temporary) == []
