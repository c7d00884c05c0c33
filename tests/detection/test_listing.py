"""Folders are searched by what FFmpeg can read; what is passed over is named."""

import os
from pathlib import Path

import pytest
from making.media import RATE_HZ, speech_like, write_audio

from avdf.detection.listing import find_media
from avdf.errors import UserError

SPEECH = speech_like(RATE_HZ)[:1]
APPLE_DOUBLE = bytes.fromhex("00051607") + bytes(100)


def names(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in find_media([folder]).files]


def test_every_container_that_can_be_read_is_found_under_any_suffix(tmp_path: Path) -> None:
    speech_48 = speech_like(48000, 48000)[:1]
    write_audio(tmp_path / "1.opus", speech_48, "libopus", rate_hz=48000)
    write_audio(tmp_path / "2.3gp", SPEECH, "aac")
    write_audio(tmp_path / "3.AAC", SPEECH, "aac", container="adts")
    write_audio(tmp_path / "4.Ts", SPEECH, "aac", container="mpegts")
    write_audio(tmp_path / "5.m4v", SPEECH, "aac", container="mp4")
    write_audio(tmp_path / "6", SPEECH, "pcm_s16le", container="wav")
    write_audio(tmp_path / "7.mp4.download", SPEECH, "aac", container="mp4")
    assert names(tmp_path) == ["1.opus", "2.3gp", "3.AAC", "4.Ts", "5.m4v", "6", "7.mp4.download"]


def test_files_without_sound_are_passed_over_with_a_reason(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", SPEECH, "pcm_s16le")
    (tmp_path / "notes.dat").write_text("no sound\n" * 50)
    (tmp_path / "._a.wav").write_bytes(APPLE_DOUBLE)
    (tmp_path / "empty").touch()
    (tmp_path / "gone").symlink_to(tmp_path / "not fetched")
    os.mkfifo(tmp_path / "pipe")
    media = find_media([tmp_path])
    assert [path.name for path in media.files] == ["a.wav"]
    reasons = {path.name: reason for path, reason in media.passed_over}
    assert sorted(reasons) == ["._a.wav", "empty", "gone", "notes.dat", "pipe"]
    assert reasons["._a.wav"].startswith("an AppleDouble file of macOS")
    assert reasons["gone"] == "missing file (no such file)"
    assert reasons["pipe"] == "missing file (a folder, a pipe or a device, not a regular file)"
    assert reasons["notes.dat"].startswith("unreadable (can't be opened")


def test_notes_are_counted_and_a_note_with_sound_is_listed(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", SPEECH, "pcm_s16le")
    write_audio(tmp_path / "named.txt", SPEECH, "pcm_s16le", container="wav")
    for name in ("list.CSV", "notes.txt", "facts.json"):
        (tmp_path / name).write_text("no sound\n" * 50)
    media = find_media([tmp_path])
    assert [path.name for path in media.files] == ["a.wav", "named.txt"]
    assert [path.name for path in media.notes] == ["facts.json", "list.CSV", "notes.txt"]
    assert media.passed_over == []


def test_a_file_with_a_media_suffix_is_listed_even_if_it_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "not fetched")
    write_audio(tmp_path / "._real.wav", SPEECH, "pcm_s16le")
    assert names(tmp_path) == ["._real.wav", "broken.mp4", "dangling.wav"]


def test_linked_folders_are_followed_and_a_circle_ends(tmp_path: Path) -> None:
    disk, inbox = tmp_path / "disk", tmp_path / "inbox"
    disk.mkdir()
    inbox.mkdir()
    for path in (disk / "1.wav", disk / "2.wav", inbox / "0.wav"):
        write_audio(path, SPEECH, "pcm_s16le")
    (inbox / "monday").symlink_to("../disk")
    (inbox / "self").symlink_to(".")
    (disk / "back").symlink_to("../inbox")
    assert names(inbox) == ["0.wav", "monday/1.wav", "monday/2.wav"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", SPEECH, "pcm_s16le")
    (tmp_path / "closed").mkdir(mode=0)
    assert [reason for _, reason in find_media([tmp_path]).passed_over] == [
        "the folder can't be read: Permission denied"
    ]


def test_a_folder_without_media_is_refused_and_a_named_file_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no sound")
    with pytest.raises(UserError, match="no media file in it"):
        find_media([tmp_path])
    assert find_media([tmp_path / "notes.txt"]).files == [tmp_path / "notes.txt"]
