"""What is piped into predict: a list of paths, or one media file."""

import io
from pathlib import Path

import pytest
from making.media import RATE_HZ, speech_like, write_audio

from avdf.detection.inputs import inputs_of, paths_in
from avdf.errors import UserError

NOTHING = io.BytesIO()


def test_a_list_holds_one_path_a_line_or_is_divided_by_nul_bytes():
    assert paths_in(b"a.wav\n\nb c.wav\r\n", "list") == [Path("a.wav"), Path("b c.wav")]
    assert paths_in(b"line\nbreak.wav\0last.wav\0", "list") == [Path("line\nbreak.wav"), Path("last.wav")]
    assert paths_in(b"caf\xe9.wav\n", "list") == [Path("caf\udce9.wav")]


def test_files_folders_a_list_and_a_stream_are_taken_in_order(tmp_path: Path):
    speech = speech_like(RATE_HZ)[:1]
    for name in ("folder/1.wav", "folder/2.wav", "3.wav", "4.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_audio(tmp_path / name, speech, "pcm_s16le")
    content = (tmp_path / "4.wav").read_bytes()
    (tmp_path / "list").write_text(f"{tmp_path / '3.wav'}\n{tmp_path / 'folder'}\n")
    with inputs_of([tmp_path / "folder", Path("-")], tmp_path / "list", io.BytesIO(content)) as inputs:
        named = [Path(name).name for name in inputs.names]
        assert named == ["1.wav", "2.wav", "-", "3.wav", "1.wav", "2.wav"]
        stream = inputs.media.files[2]
        assert stream.read_bytes() == content
    assert not stream.exists()


@pytest.mark.parametrize(
    ("paths", "list_of", "content", "message"),
    [
        ([], None, b"", "PATH: name a media file, a folder, - for a stream, or a list with --files-from"),
        (["-"], None, b"", "-: nothing came on standard input"),
        (["-"], "-", b"x", "-: standard input is one stream or one list; name it once"),
        (["-", "-"], None, b"x", "-: standard input is one stream or one list; name it once"),
        ([], "-", b"\n \n", "--files-from -: holds no path; give one path a line"),
        ([], "-", b"x" * 70_000, "--files-from -: a line of 70000 bytes is no path"),
        ([], "no/such/list", b"", r"--files-from no/such/list: can't be read \(No such file"),
    ],
)
def test_what_can_not_be_read_is_refused_in_one_message(
    paths: list[str], list_of: str | None, content: bytes, message: str
):
    with (
        pytest.raises(UserError, match=message),
        inputs_of([*map(Path, paths)], Path(list_of) if list_of else None, io.BytesIO(content)),
    ):
        pass
