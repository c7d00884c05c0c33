"""Chromium over its debugging pipe: the layout, console messages and requests of a page."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe"),
)


class Page:
    """One tab: `events` holds what it logged and asked for."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._number = 0
        self._rest = b""
        self._session = ""
        self.events: list[dict[str, Any]] = []

    def open(self, path: Path, width: int, *, dark: bool = False, height: int = 800) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._take()

    def value(self, script: str) -> Any:
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def screenshot(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def pdf(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (found := self._take()).get("id") != self._number:
            pass
        assert "error" not in found, found
        return found["result"]

    def _take(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            block = os.read(self._from, 1 << 20)
            assert block, "the browser left"
            self._rest += block
        line, self._rest = self._rest.split(b"\0", 1)
        found = json.loads(line)
        if "method" in found:
            self.events.append(found)
        return found


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """A browser with a new profile in `folder`."""
    assert PROGRAM
    read_end, to_browser = os.pipe()
    from_browser, write_end = os.pipe()

    def wire() -> None:  # Chromium reads from descriptor 3 and writes to 4
        high_read, high_write = os.dup2(read_end, 63), os.dup2(write_end, 64)
        os.dup2(high_read, 3)
        os.dup2(high_write, 4)

    browser = subprocess.Popen(
        [PROGRAM, *_FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
        preexec_fn=wire,
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read_end)
    os.close(write_end)
    try:
        yield Page(to_browser, from_browser)
    finally:
        browser.terminate()
        browser.wait(timeout=20)
        os.close(to_browser)
        os.close(from_browser)
