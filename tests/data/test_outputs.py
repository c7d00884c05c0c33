"""Output files are written once and replace other files only with --overwrite."""

from pathlib import Path

import pandas as pd
import pytest
from making.stores import make_wavs, opened, wav_samples

from avdf.data.audio.silent import with_silence
from avdf.data.outputs import write_wavs
from avdf.errors import UserError


def test_each_clip_may_be_had_as_a_wav_and_no_other_file_is_replaced(tmp_path: Path) -> None:
    store = opened(tmp_path, make_wavs(tmp_path / "root", ["a", "b"]))
    write_wavs(store, tmp_path / "wavs", overwrite=False)
    write_wavs(store, tmp_path / "wavs", overwrite=False)
    for row, name in enumerate("ab"):
        assert wav_samples(tmp_path / "wavs" / f"{name}.wav").tolist() == store.waveform(row).tolist()
    (tmp_path / "wavs" / "b.wav").write_text("mine")
    with pytest.raises(UserError, match=r"b\.wav: exists already"):
        write_wavs(store, tmp_path / "wavs", overwrite=False)
    write_wavs(store, tmp_path / "wavs", overwrite=True)
    assert wav_samples(tmp_path / "wavs" / "b.wav").tolist() == store.waveform(1).tolist()


def test_a_clip_without_sound_is_not_written_as_silence(tmp_path: Path) -> None:
    film = {"video_start_s": 0.0, "video_duration_s": 1.0, "video_codec": "h264", "frame_rate_hz": 25.0}
    store = opened(tmp_path, make_wavs(tmp_path / "root", ["a"]))
    store = with_silence(store, pd.DataFrame([{"clip": "b.mp4", **film}]))
    write_wavs(store, tmp_path / "wavs", overwrite=False)
    assert [path.name for path in (tmp_path / "wavs").iterdir()] == ["a.wav"]
