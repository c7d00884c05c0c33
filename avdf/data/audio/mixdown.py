"""Pieces of decoded sound -> mono: joined to longer pieces, measured, and mixed."""

import math
from collections.abc import Iterable, Iterator
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.limits import MediaLimits
from avdf.data.audio.timeline import Piece

_INTEGER_BITS = (15, 23, 31)  # ranges of integers that floats may have been left in
_LEAST_INTEGER_PEAK = 64.0
_JOINED_SAMPLES = 1 << 15
_SILENT_SHARE = 1e-6  # of the energy of the loudest channel


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same samples in pieces of at least 32,768, where rate, channels and kind stay the same.

    A codec's frame has some thousand samples; each step on it costs more time than its samples do.
    """
    waiting: list[Piece] = []
    num_samples = 0
    for piece in pieces:
        if waiting and (_kind(piece) != _kind(waiting[0]) or num_samples >= _JOINED_SAMPLES):
            yield _join(waiting)
            waiting, num_samples = [], 0
        waiting.append(piece)
        num_samples += len(piece.channels[0])
    if waiting:
        yield _join(waiting)


def _kind(piece: Piece) -> tuple[int, int, bool]:
    return piece.rate_hz, len(piece.channels), piece.is_hole


def _join(pieces: list[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    channels = zip(*(piece.channels for piece in pieces), strict=True)
    return Piece(
        pieces[0].rate_hz, [np.concatenate(blocks) for blocks in channels], is_hole=pieces[0].is_hole
    )


class Mixdown:
    """Mean of the channels, or one of them, times a gain; measures what it mixes."""

    def __init__(self, gain: float = 1.0, channel: int | None = None, why: str = "") -> None:
        self.gain, self.channel, self.why = np.float32(gain), channel, why
        self.peak = 0.0
        self.runs: dict[int, int] = {}  # rate in Hz -> samples
        self.counts: list[int] = []  # numbers of channels, in order of appearance
        self._energies = np.zeros(0)  # (channel,)
        self._mixed_energy = 0.0

    def mix(self, piece: Piece) -> NDArray[np.float32]:
        """(sample,) mono. Raises ValueError for NaN or infinite samples."""
        channels = piece.channels
        self.runs[piece.rate_hz] = self.runs.get(piece.rate_hz, 0) + len(channels[0])
        if not piece.is_hole:
            self._measure(channels)
        if self.channel is not None:
            mono = channels[min(self.channel, len(channels) - 1)] * np.float32(1)
        else:
            mono = reduce(np.add, channels) / np.float32(len(channels))
        if len(channels) > 1:
            self._mixed_energy += float(np.dot(mono, mono))
        return mono * self.gain if self.gain != 1 else mono

    def correction(self, codec: str, limits: MediaLimits) -> "Mixdown | None":
        """A better mix, now that the whole file is measured. Raises ValueError where there is none."""
        gain, channel, why = 1.0, None, []
        is_pcm = codec.startswith("pcm_f")
        if self.peak > (limits.over_full_scale if is_pcm else limits.over_full_scale_decoded):
            gain = _gain_for(self.peak)
            why.append(f"its peak is {self.peak:.5g} times full scale; scaled by {gain:.3g}")
        energy = float(self._energies.mean()) if len(self._energies) > 1 else 0.0
        is_loud = energy > 10 ** (limits.silent_db / 10) * sum(self.runs.values())
        if is_loud and self._mixed_energy < limits.cancelled_share * energy:
            channel = int(self._energies.argmax())
            why.append(f"its channels cancel each other; channel {channel + 1} is used alone")
        return Mixdown(gain, channel, "; ".join(why)) if why else None

    def warnings(self) -> list[str]:
        """What was changed, in words."""
        words = [self.why] if self.why else []
        if len(self.runs) > 1:
            words.append(f"its sample rate changes: {', '.join(map(str, self.runs))} Hz")
        if len(self.counts) > 1:
            words.append(f"its number of channels changes: {', '.join(map(str, self.counts))}")
        if self.channel is None and len(self._energies) == 2:  # in film sound most channels may be silent
            quiet, loud = sorted(self._energies)
            if loud and quiet <= _SILENT_SHARE * loud:
                words.append(
                    f"channel {self._energies.argmin() + 1} of 2 is silent; the mean is 6 dB quieter"
                )
        return words

    def _measure(self, channels: list[NDArray[np.float32]]) -> None:
        for channel in channels:
            peak = max(float(channel.max()), -float(channel.min()))
            if not math.isfinite(peak):
                raise ValueError("it holds samples that are NaN or infinite")
            self.peak = max(self.peak, peak)
        if len(channels) not in self.counts:
            self.counts.append(len(channels))
            self._energies = np.pad(self._energies, (0, max(len(channels) - len(self._energies), 0)))
        if len(channels) > 1:
            for number, channel in enumerate(channels):
                self._energies[number] += float(np.dot(channel, channel))


def _gain_for(peak: float) -> float:
    """The gain for integers that were stored as floats, by their range; other floats get a peak of 1."""
    if peak < _LEAST_INTEGER_PEAK:
        return 1 / peak
    for bits in _INTEGER_BITS:
        if peak <= 2**bits:
            return float(2.0**-bits)
    raise ValueError(f"its peak is {peak:.3g} times full scale")
