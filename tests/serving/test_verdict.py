"""What the page says of a result, and what happens to the files that came by way of it."""

import os
import re
import time
from pathlib import Path

import pytest
from making.serving import judge_of

from avdf.serving.limits import RefusedError, ServingLimits
from avdf.serving.verdict import bars_of, message_html, verdict_html
from avdf.serving.visits import sweep, taken

RESULT = {
    "path": "<i>call</i>.wav", "score": 0.75, "called_fake": True, "call": "fake", "threshold": 0.5,
    "words": "called fake: its score 0.7500 is at or above the threshold 0.5000", "llr": 2.302585,
    "probability_fake": 0.909, "prevalence": 0.5, "seconds": 2.0, "warnings": ["narrow band: below 3.4 kHz"],
    "timeline": [{"start_s": 0.0, "end_s": 0.5, "score": 0.25}, {"start_s": 0.5, "end_s": 1.0, "score": 0.9}],
    "stretches": [{"start_s": 0.5, "end_s": 1.0, "score": 0.9}], "reasons": {},
    "training_distance": {"verdict": "outside", "words": ["outside: no sound above 3.4 kHz"]},
}  # fmt: skip


def html_of(result: dict, detector: Path, clip: Path) -> str:
    judge = judge_of(detector, ServingLimits())
    return verdict_html(result, judge.samples_of(clip, "a.wav"), 16000)


def test_a_bar_has_its_place_in_the_file_and_the_height_of_its_score():
    assert bars_of(RESULT) == [
        {"kind": "real", "x": 0.0, "width": 250.0, "y": 75.0, "height": 25.0},
        {"kind": "fake", "x": 250.0, "width": 250.0, "y": 10.0, "height": 90.0},
    ]


def test_the_verdict_says_call_numbers_places_and_distance_in_words(detector: Path, clip: Path):
    html = html_of(RESULT, detector, clip)
    text = re.sub(r"[ \n]+", " ", re.sub(r"<[^>]*>", " ", re.sub(r'src="data:[^"]*"', "", html)))
    for words in (
        "Fake Called fake: its score 0.7500 is at or above the threshold 0.5000.",
        "Narrow band: below 3.4 kHz.",
        "0.5 to 1.0 s",
        "Score 0.75 threshold 0.5",
        "90.9\u00a0% where 50\u00a0% of such files are fake",
        "10 to 1 such a score comes 10 times as often from fakes as from real clips",
        "Outside: no sound above 3.4 kHz.",
    ):
        assert words in text


def test_a_name_cannot_be_html(detector: Path, clip: Path):
    html = html_of(RESULT, detector, clip)
    assert "<i>call" not in html
    assert "&lt;i&gt;call&lt;/i&gt;.wav" in html
    assert "<i>" not in message_html("<i>call</i>.wav: unreadable")


def test_what_an_old_detector_does_not_know_has_its_reason(detector: Path, clip: Path):
    result = judge_of(detector, ServingLimits()).result_of(clip, "a.wav")
    html = html_of(result, detector, clip)
    assert "not known<small>the detector was saved without a calibration" in html
    assert "Not known: the detector was saved without the quantiles of its training" in html


class TestVisits:
    def test_a_file_has_a_folder_of_its_own_until_it_is_judged(self, tmp_path: Path):
        uploads = tmp_path / "page"
        (uploads / "hash").mkdir(parents=True)
        sent = uploads / "hash" / "my_call.MP3"
        sent.write_bytes(b"sound")
        with taken({"path": str(sent), "orig_name": "my call.MP3"}, tmp_path, uploads) as arrived:
            assert (arrived.name, arrived.path.suffix) == ("my call.MP3", ".mp3")
            assert arrived.path.read_bytes() == b"sound"
        assert [*tmp_path.rglob("*")] == [uploads]
        with (
            pytest.raises(RefusedError, match="is no longer here; send it again"),
            taken({"path": str(sent)}, tmp_path, uploads),
        ):
            pass

    def test_a_path_outside_the_folder_of_the_page_is_not_taken(self, tmp_path: Path):
        (tmp_path / "page").mkdir()
        secret = tmp_path / "secret.wav"
        secret.write_bytes(b"mine")
        for path in (secret, tmp_path / "page" / ".." / "secret.wav"):
            with pytest.raises(RefusedError), taken({"path": str(path)}, tmp_path, tmp_path / "page"):
                pass
        assert secret.read_bytes() == b"mine"

    def test_what_was_sent_and_never_judged_is_swept_away(self, tmp_path: Path):
        old, new = tmp_path / "hash" / "old.wav", tmp_path / "hash2" / "new.wav"
        for path in (old, new):
            path.parent.mkdir()
            path.write_bytes(b"sound")
        before_s = time.time() - 100
        for path in (old, old.parent):
            os.utime(path, (before_s - 1, before_s - 1))
        (tmp_path / "empty").mkdir()
        os.utime(tmp_path / "empty", (before_s - 1, before_s - 1))
        sweep(tmp_path, before_s)
        assert new.exists()
        assert not old.exists()
        assert not (tmp_path / "empty").exists()
