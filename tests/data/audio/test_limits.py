"""Files outside the limits and files that are not media are refused with a reason; names are no addresses."""

import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from making.media import RATE_HZ, speech_like, write_audio

from avdf.data.audio.decoder import Decoder
from avdf.data.audio.levels import FULL_SCALE, as_int16, block_levels_db, silence_of
from avdf.data.audio.limits import MediaLimits
from avdf.data.audio.samples import read_audio
from avdf.errors import MediaError

SPEECH = speech_like(5 * RATE_HZ)[:1]  # 5 s, mono
GREEDY = """
import numpy as np
from avdf.data.audio.decoder_process import decode, main

def greedy(path, sample_rate_hz):
    if path.stem == "greedy":
        np.ones(3 << 30, np.uint8)
    return decode(path, sample_rate_hz)

main(greedy)
"""


def refusal(path: Path, limits: MediaLimits | None = None) -> str:
    with pytest.raises(MediaError) as raised:
        read_audio(path, RATE_HZ, limits or MediaLimits())
    return f"{raised.value.reason}: {raised.value.detail}"


@pytest.mark.parametrize("rate_hz", [1, 100, 3999, 2**31 - 1])
def test_rates_outside_the_limits_are_refused(rate_hz: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(bytes(200000))
    data = bytearray(path.read_bytes())
    data[24:28] = rate_hz.to_bytes(4, "little")
    path.write_bytes(data)
    assert refusal(path).startswith(f"unsupported rate: {rate_hz} Hz")


def test_a_file_longer_or_larger_than_the_limits_is_refused_on_the_way(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "clip.flac", SPEECH, "flac")
    assert refusal(path, MediaLimits(seconds=3)) == "too long: more than 0.000833333 hours of audio"
    assert refusal(path, MediaLimits(file_bytes=1000)).startswith("too large")
    hole = write_audio(tmp_path / "hole.mkv", SPEECH, "pcm_s16le", starts_s=((RATE_HZ, 10 * 3600.0),))
    assert refusal(hole).startswith("too long")


def test_255_channels_are_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "many.wav"), "wb") as file:
        file.setparams((255, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(bytes(255 * 2 * RATE_HZ))
    assert refusal(tmp_path / "many.wav").startswith("too many channels: 255")


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile real.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nreal.wav\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'></MPD>",
    ],
    ids=["ffconcat", "hls", "sdp", "dash"],
)
def test_a_text_that_names_other_files_is_not_followed(text: str, tmp_path: Path) -> None:
    write_audio(tmp_path / "real.wav", SPEECH, "pcm_s16le")
    (tmp_path / "list.wav").write_text(text)
    assert refusal(tmp_path / "list.wav").startswith("unreadable: can't be opened")


@pytest.mark.parametrize(
    "name",
    [
        "a:b.wav",
        "http:x.wav",
        "pipe:0.wav",
        "-i.wav",
        "two\nlines.wav",
        "%03d.wav",
        "caf\udce9.wav",
        "é 'q\".wav",
    ],
)
def test_a_name_is_the_name_of_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(write_audio(tmp_path / "clip.wav", SPEECH, "pcm_s16le").read_bytes())
    np.testing.assert_allclose(read_audio(Path(name), RATE_HZ).waveform, SPEECH[0], atol=1e-4)


def test_a_clip_under_half_a_second_is_too_short(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "short.wav", SPEECH[:, : int(0.12 * RATE_HZ)], "pcm_s16le")
    assert refusal(path) == "too short: 0.120 s of audio; at least 0.5 s"


def test_a_file_that_takes_too_much_memory_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    for name in ("greedy", "next"):
        write_audio(tmp_path / f"{name}.wav", SPEECH, "pcm_s16le")
    decoder = Decoder(RATE_HZ, command=[sys.executable, "-c", GREEDY])
    with pytest.raises(MediaError, match="memory limit"):
        decoder.read(tmp_path / "greedy.wav")
    samples, info = decoder.read(tmp_path / "next.wav")
    assert (len(samples), info["warnings"]) == (5 * RATE_HZ, [])
    decoder.close()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak of a process")
def test_an_hour_of_sound_takes_little_memory(tmp_path: Path) -> None:
    hour = 3600 * RATE_HZ
    with wave.open(str(tmp_path / "hour.wav"), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(as_int16(np.resize(SPEECH[0], hour)).tobytes())
    code = (
        "import json, sys; from pathlib import Path; from avdf.data.audio.decoder_process import decode\n"
        "samples, info = decode(Path(sys.argv[1]), 16000)\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(json.dumps([len(samples), int(status.split('VmHWM:')[1].split()[0]) / 1024]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "hour.wav")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    num_samples, peak_mib = json.loads(done.stdout)
    assert num_samples == hour
    assert peak_mib < 110  # the samples alone would take as much


@pytest.mark.parametrize(
    ("gain_db", "silent"), [(0, False), (-40, False), (-50, False), (-70, True), (-90, True), (-np.inf, True)]
)
def test_speech_far_below_the_noise_floor_is_silent(gain_db: float, silent: bool) -> None:
    samples = as_int16(SPEECH[0] * np.float32(10 ** (gain_db / 20)))
    assert (silence_of(samples, RATE_HZ) is not None) == silent


def test_one_word_in_a_long_pause_and_a_constant_offset() -> None:
    pause = np.zeros(60 * RATE_HZ, np.int16)
    pause[30 * RATE_HZ : 31 * RATE_HZ] = as_int16(SPEECH[0, :RATE_HZ])
    assert silence_of(pause, RATE_HZ) is None
    pause[30 * RATE_HZ + RATE_HZ // 5 : 31 * RATE_HZ] = 0
    assert silence_of(pause, RATE_HZ) == "only 0.2 s of it is above -70 dB of full scale"
    assert silence_of(np.full(RATE_HZ, 12000, np.int16), RATE_HZ) == (
        "digital silence: every sample has the same value"
    )


def test_the_level_of_a_full_scale_sine_is_3_db_down() -> None:
    sine = as_int16(np.sin(2 * np.pi * 100 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32))
    assert FULL_SCALE == 32767
    np.testing.assert_allclose(block_levels_db(sine, RATE_HZ, 0.1), -3.01, atol=0.01)


def test_an_offset_is_silent_although_a_resampler_makes_clicks_of_its_ends(tmp_path: Path) -> None:
    offset = np.full((1, 5 * 44100), 0.5, np.float32)
    decoder = Decoder(RATE_HZ)
    with pytest.raises(MediaError, match="silent"):
        decoder.read(write_audio(tmp_path / "offset.wav", offset, "pcm_s16le", rate_hz=44100))
    decoder.close()


def test_silence_has_its_reason(tmp_path: Path) -> None:
    decoder = Decoder(RATE_HZ)
    for name, gain in (("silent", 0.0), ("muted", 10**-3.5)):
        with pytest.raises(MediaError) as raised:
            decoder.read(write_audio(tmp_path / f"{name}.wav", SPEECH * np.float32(gain), "pcm_s16le"))
        assert raised.value.reason == "silent"
    decoder.close()
