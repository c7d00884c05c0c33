"""Chromium by playwright: a page that uses the microphone and takes files."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from making.chromium import PROGRAM

MISSING = [name for name in ("gradio", "playwright") if find_spec(name) is None]
MISSING += [] if PROGRAM else ["chromium"]
WHAT_IS_MISSING = f"not installed: {', '.join(MISSING)}"
ANSWER_MS = 60_000
_FLAGS = ("--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


@contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=PROGRAM, args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, address: str, width: int = 1440, scheme: str = "light") -> Iterator[Any]:
    """The page; at the end it has asked no other host, and logged no error."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#avdf-file input[type=file]", state="attached", timeout=ANSWER_MS)
    yield page
    context.close()
    assert {url for url in asked if not url.startswith((address, "data:", "blob:", "about:"))} == set()
    assert errors == []


def verdict_of(page: Any) -> str:
    page.wait_for_selector("#avdf-verdict .avdf-verdict", timeout=ANSWER_MS)
    return str(page.inner_text("#avdf-verdict .avdf-verdict"))
