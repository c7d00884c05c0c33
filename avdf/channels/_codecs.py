"""Encodes and decodes a waveform with a lossy codec in memory, and removes the delay."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

import av
import numpy as np
import soxr
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray
from scipy.signal import correlate

from avdf.channels._lengths import fitted

CodecName = Literal[
    "aac",
    "mp3",
    "opus",
    "a_law",
    "mu_law",
    "g722",
    "g726",
    "amr_nb",
    "g723_1",
    "real_144",
    "nellymoser",
    "mp2",
]


@dataclass(frozen=True, kw_only=True)
class _Codec:
    """FFmpeg's names of encoder and decoder, the format of samples, and what the codec is made for.

    `rate_hz`: the only rate that the codec has; None where the encoder lists several.
    `kbit_per_s`: the usual bit rate; `bit_rates`: all that it has, where the encoder does not choose itself.
    """

    encoder: str
    decoder: str
    sample_format: str
    kbit_per_s: float
    rate_hz: int | None = None
    bit_rates: tuple[float, ...] = ()


CODECS: dict[CodecName, _Codec] = {
    "aac": _Codec(encoder="aac", decoder="aac", sample_format="fltp", kbit_per_s=32),
    "mp3": _Codec(encoder="libmp3lame", decoder="mp3float", sample_format="fltp", kbit_per_s=64),
    "opus": _Codec(encoder="libopus", decoder="opus", sample_format="flt", kbit_per_s=32),
    "a_law": _Codec(encoder="pcm_alaw", decoder="pcm_alaw", sample_format="s16", kbit_per_s=64, rate_hz=8000),
    "mu_law": _Codec(
        encoder="pcm_mulaw", decoder="pcm_mulaw", sample_format="s16", kbit_per_s=64, rate_hz=8000
    ),
    "g722": _Codec(encoder="g722", decoder="g722", sample_format="s16", kbit_per_s=64, rate_hz=16000),
    "g726": _Codec(
        encoder="g726",
        decoder="g726",
        sample_format="s16",
        kbit_per_s=32,
        rate_hz=8000,
        bit_rates=(16, 24, 32, 40),
    ),
    "amr_nb": _Codec(
        encoder="libopencore_amrnb",
        decoder="amrnb",
        sample_format="s16",
        kbit_per_s=12.2,
        rate_hz=8000,
        bit_rates=(4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2),
    ),
    "g723_1": _Codec(
        encoder="g723_1",
        decoder="g723_1",
        sample_format="s16",
        kbit_per_s=6.3,
        rate_hz=8000,
        bit_rates=(6.3,),
    ),
    "real_144": _Codec(
        encoder="real_144",
        decoder="real_144",
        sample_format="s16",
        kbit_per_s=8,
        rate_hz=8000,
        bit_rates=(8,),
    ),
    "nellymoser": _Codec(encoder="nellymoser", decoder="nellymoser", sample_format="flt", kbit_per_s=16),
    "mp2": _Codec(
        encoder="mp2",
        decoder="mp2float",
        sample_format="s16",
        kbit_per_s=32,
        bit_rates=(32, 48, 56, 64, 80, 96),  # what MPEG-1 and MPEG-2 have both
    ),
}
_MAX_DELAY_S = 0.3  # above the longest: AAC at 8 kHz, 1024 samples, 0.128 s
_TRIAL_KBIT_PER_S = 48


def is_available(codec: CodecName) -> bool:
    """Whether the FFmpeg of PyAV has the encoder and the decoder; some builds lack AMR-NB."""
    try:
        av.Codec(CODECS[codec].encoder, "w")
        av.Codec(CODECS[codec].decoder, "r")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def round_trip(
    waveform: NDArray[np.float32], codec: CodecName, kbit_per_s: float | None, sample_rate_hz: int
) -> NDArray[np.float32]:
    """(sample,) -> (sample,), aligned with the input.

    The alignment is exact, except for Opus at 16 kbit/s or less: a lag of 1 or 2 samples at 8 and 16 kHz,
    of 6 at 48 kHz. If the codec does not support the sample rate, the next higher one that it supports is
    used in between, or the only one that it has.
    """
    start = _delay(codec, sample_rate_hz)
    padded = np.pad(waveform, (0, round(_MAX_DELAY_S * sample_rate_hz)))
    bits = CODECS[codec].kbit_per_s if kbit_per_s is None else kbit_per_s
    return fitted(_coded(padded, codec, bits, sample_rate_hz)[start:], len(waveform))


@lru_cache(maxsize=64)
def _delay(codec: CodecName, sample_rate_hz: int) -> int:
    """The delay of a decoded waveform in samples.

    Measured once per process on a second of noise: how much of the encoder's delay the decoder drops
    depends on the codec and on the version of FFmpeg.
    """
    steps = np.random.default_rng(0).standard_normal(sample_rate_hz // 8)
    trial = (0.1 * np.repeat(steps, 8)).astype(np.float32)  # most energy below the codecs' cut-offs
    most = round(_MAX_DELAY_S * sample_rate_hz)
    coded = _coded(np.pad(trial, (0, most)), codec, _TRIAL_KBIT_PER_S, sample_rate_hz)
    likeness = correlate(coded, trial, mode="full", method="fft")[len(trial) - 1 :]
    return int(likeness[:most].argmax())


def _coded(
    waveform: NDArray[np.float32], codec: CodecName, kbit_per_s: float, sample_rate_hz: int
) -> NDArray[np.float32]:
    """(sample,) -> (sample,), longer by about the delay: encoded and decoded."""
    kind = CODECS[codec]
    encoder = _audio_context(kind.encoder, "w")
    if kind.bit_rates:
        kbit_per_s = min(kind.bit_rates, key=lambda rate: abs(rate - kbit_per_s))
    known_hz = encoder.codec.audio_rates or [kind.rate_hz or sample_rate_hz]
    inner_hz = min((rate for rate in known_hz if rate >= sample_rate_hz), default=max(known_hz))
    encoder.sample_rate, encoder.layout = inner_hz, "mono"
    encoder.format = kind.sample_format
    encoder.bit_rate = round(kbit_per_s * 1000)
    inner = _resampled(waveform, sample_rate_hz, inner_hz)
    if kind.sample_format == "s16":
        inner = np.clip(np.rint(inner * 2**15), -(2**15), 2**15 - 1).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(inner[None], format=kind.sample_format, layout="mono")
    frame.sample_rate, frame.pts = inner_hz, 0
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    decoder = _audio_context(kind.decoder, "r")
    decoder.extradata = encoder.extradata
    decoder.sample_rate, decoder.layout = inner_hz, "mono"
    if codec == "g726":
        decoder.options = {"bits_per_coded_sample": str(round(kbit_per_s * 1000 / inner_hz))}
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    decoded = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    if decoded.dtype == np.int16:
        decoded = decoded.astype(np.float32) / 2**15
    return _resampled(decoded, frames[0].sample_rate, sample_rate_hz)


def _audio_context(name: str, mode: Literal["r", "w"]) -> AudioCodecContext:
    context = cast(AudioCodecContext, av.CodecContext.create(av.Codec(name, mode), mode))
    context.thread_count = 1  # the workers that read batches share the cores
    return context


def _resampled(waveform: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    return waveform if from_hz == to_hz else soxr.resample(waveform, from_hz, to_hz)
