"""audit.html as text and in a real browser: it runs nothing, fetches nothing, fits a phone."""

import re
import warnings
from html.parser import HTMLParser

import pytest
from making.chromium import PROGRAM, chromium
from making.made_scores import made_scores

from avdf.audit.folder import write_audit
from avdf.audit.sources import AuditInput
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import given_threshold

AWFUL = (
    "<script>alert(1)</script>",
    "=cmd|'/C calc'!A0",
    "x" * 10_000,
    "شرق \u202eآسيا",
    "two\nlines $\\frac{1}{2}$ & <b>",
    "亚洲",
)


@pytest.fixture(scope="module")
def awful(tmp_path_factory):
    """An audit of groups whose names hold markup, formulas, right-to-left text or 10,000 letters."""
    out = tmp_path_factory.mktemp("awful") / "audit"
    scores = made_scores(240, 4, races=AWFUL)
    probes = [
        {"feature": "<img src=x onerror=alert(2)>", "auc": 0.9},
        *({"feature": name, "auc": 0.5, "without_copies": True} for name in ("video_codec", "audio_codec")),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content = write_audit(
            AuditInput(
                scores=CheckedScores.of(scores, ("race", "gender")),
                threshold=given_threshold(0.5),
                groups=("race", "gender"),
                provenance={"command": "</dd><script>", "nested": {"list": [1, 2]}},
                probes=tuple(probes),
                warnings=("made-up <b>demo</b> data",),
            ),
            out,
        )
    return out, content


# Elements that reach beyond the right edge.
OUTSIDE = """
[...document.querySelectorAll('main *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('svg'))
    .map(e => e.outerHTML.slice(0, 80))
"""
SAID = (
    *("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"),
    "Page.javascriptDialogOpening",
)


class Seen(HTMLParser):
    """Tags, ids and addresses of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def seen(awful):
    parser = Seen()
    parser.feed((awful[0] / "audit.html").read_text(encoding="utf-8"))
    return parser


def test_names_from_data_are_escaped(seen):
    tags = {tag for tag, _ in seen.tags}
    assert not tags & {"script", "img", "iframe", "link", "object", "b>"}
    handlers = [name for _, attrs in seen.tags for name in attrs if name.startswith("on")]
    assert handlers == []
    assert "<script>alert(1)</script>" in "".join(seen.text)


def test_nothing_is_fetched(seen):
    addresses = [
        value
        for tag, attrs in seen.tags
        for name, value in attrs.items()
        if name in ("src", "href", "xlink:href")
    ]
    assert addresses
    assert all(value.startswith("#") for value in addresses)


def test_every_id_is_there_once(seen):
    assert len(seen.ids) == len(set(seen.ids))


def test_long_names_are_whole_and_every_figure_has_words_and_values(awful, seen):
    text = "".join(seen.text)
    assert AWFUL[2] in text
    figures = [attrs for tag, attrs in seen.tags if attrs.get("role") == "img"]
    assert len(figures) == len(list((awful[0] / "figures").glob("*.png"))) >= 13
    assert all(len(attrs["aria-label"]) > 30 for attrs in figures)
    assert sum(tag == "details" for tag, _ in seen.tags) == len(figures)


def test_warnings_come_before_verdicts_and_verdicts_before_figures(awful):
    page = (awful[0] / "audit.html").read_text(encoding="utf-8")
    places = [page.index(word) for word in ("made-up &lt;b&gt;demo", 'class="verdicts', "<figure")]
    assert places == sorted(places)


def test_features_of_the_file_that_were_taken_without_copies_are_named_beside_their_figure(awful):
    page = (awful[0] / "audit.html").read_text(encoding="utf-8")
    assert "<small>Copies of real clips are left out of properties of the file" in page
    assert "every copy is written as the same kind of file: audio_codec, video_codec.</small>" in page


def test_figures_use_the_colours_of_the_page(awful):
    page = (awful[0] / "audit.html").read_text(encoding="utf-8")
    drawn = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert {colour for svg in drawn for colour in re.findall(r"#[0-9a-f]{6}\b", svg)} == set()


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine")
def test_a_real_browser_shows_it_at_360_and_1600_px_quietly(awful, tmp_path):
    page = awful[0] / "audit.html"
    with chromium(tmp_path) as tab:
        for width in (360, 1600):
            tab.open(page, width, dark=width == 1600)
            tab.value("document.querySelectorAll('details').forEach(item => item.open = true)")
            assert tab.value("document.documentElement.scrollWidth") == width
            assert tab.value(OUTSIDE) == []
            asked = [
                event["params"] for event in tab.events if event["method"] == "Network.requestWillBeSent"
            ]
            assert [params["request"]["url"] for params in asked] == [page.as_uri()]
            assert [event for event in tab.events if event["method"] in SAID] == []
        assert tab.value("getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 28)"
        tab.open(page, 360)
        assert tab.value("getComputedStyle(document.body).backgroundColor") == "rgb(254, 254, 254)"
        assert tab.pdf().startswith(b"%PDF")
