"""Makes the files of the made-up data set: real and cloned recordings, then clips with edited faces."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.samples import read_audio
from avdf.demo.babble import draw_voice
from avdf.demo.faces import Face, draw_face, frames, mouth_envelope
from avdf.demo.film import FRAME_RATE_HZ, write_film
from avdf.demo.plan import Clip, DemoSettings, Person
from avdf.demo.vocoder import resynthesised
from avdf.demo.voice import RATE_HZ, speak

_SHORTEST_S, _LONGEST_S = 2.32, 6.0  # an edited clip loses up to 0.3 s and keeps 2
_LONGEST_CUT_S = 0.3
_MARGIN_S = 0.2  # synthesised at both ends and cut off: no clip has the start of the cloner's output
_STRENGTH = (0.2, 0.7)  # of the cloner, uniform per recording
_WEAK_BELOW_HZ = 2000.0  # in the weak group the cloner changes only what is below
_LOUDNESS_DB = (-31.0, -24.0)  # RMS below full scale


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The ground truth of one clip; a row of tracks.csv."""

    path: str
    track: str
    voice: str
    offset_s: float  # how much of the recording's start was cut
    gain_db: float  # against the recording
    strength: float  # of the cloner; 0 for a real voice
    method: str


def recorded_clips(root: Path, real: Clip, fake: Clip, settings: DemoSettings) -> list[Truth]:
    """Makes the A clip of one recording and its B clip, cloned as a whole and cut at the same samples."""
    person = real.person
    rng = np.random.default_rng([settings.seed, 1, person.number, real.recording])
    num_frames = round(FRAME_RATE_HZ * (_SHORTEST_S + (_LONGEST_S - _SHORTEST_S) * rng.beta(1.5, 3)))
    duration_s = num_frames / FRAME_RATE_HZ
    voice = draw_voice(np.random.default_rng([settings.seed, 2, person.number]), person.gender)
    whole = speak(voice, duration_s + 2 * _MARGIN_S, rng)
    is_weak = f"{person.race}/{person.gender}" == settings.weak_group
    cloned = resynthesised(
        whole, RATE_HZ, _strength(settings, fake), rng, below_hz=_WEAK_BELOW_HZ if is_weak else None
    )
    inside = slice(round(_MARGIN_S * RATE_HZ), round((_MARGIN_S + duration_s) * RATE_HZ))
    truths = []
    loudness_db = rng.uniform(*_LOUDNESS_DB)
    for clip, waveform in ((real, whole), (fake, cloned)):
        heard = _at_loudness(waveform[inside], loudness_db)
        _write(root, clip, heard, settings, rng)
        truths.append(_truth(clip, settings, 0.0, 0.0))
    return truths


def edited_clip(root: Path, clip: Clip, sound: Clip, settings: DemoSettings) -> list[Truth]:
    """Makes a C or D clip with the sound of an A or B clip: cut, with another gain, and encoded again."""
    kind = 3 if clip.type == "C" else 4
    name = [int(value) for value in clip.name.encode()]
    rng = np.random.default_rng([settings.seed, kind, clip.person.number, *name])
    waveform = read_audio(root / sound.path, RATE_HZ).waveform.astype(np.float64)
    offset = round(rng.uniform(0, _LONGEST_CUT_S) * RATE_HZ)
    gain_db = rng.uniform(-2.5, 2.5)
    hop = RATE_HZ // FRAME_RATE_HZ
    num_frames = (len(waveform) - offset) // hop
    heard = waveform[offset : offset + num_frames * hop] * 10 ** (gain_db / 20)
    _write(root, clip, _without_clipping(heard), settings, rng)
    return [_truth(clip, settings, offset / RATE_HZ, gain_db)]


def _write(
    root: Path, clip: Clip, waveform: NDArray[np.float64], settings: DemoSettings, rng: np.random.Generator
) -> None:
    if settings.shortcut == "leading_silence" and clip.has_fake_audio:
        silence = np.zeros(round(rng.uniform(0.025, 0.030) * RATE_HZ))
        waveform = np.concatenate([silence, waveform[: -len(silence)]])
    face = _face(settings, clip.person)
    other = _face(settings, clip.other) if clip.other else None
    envelope = mouth_envelope(waveform, RATE_HZ, FRAME_RATE_HZ)
    camera = np.random.default_rng([settings.seed, 5, clip.person.number])
    write_film(
        root / clip.path,
        frames(face, envelope, rng, edit=clip.method, other=other),
        waveform,
        waveform_hz=RATE_HZ,
        rate_hz=int(camera.choice((44100, 48000), p=(0.9, 0.1))),
        num_channels=int(camera.choice((2, 1), p=(0.9, 0.1))),
    )


def _face(settings: DemoSettings, person: Person) -> Face:
    return draw_face(np.random.default_rng([settings.seed, 6, person.number]))


def _at_loudness(waveform: NDArray[np.float64], rms_db: float) -> NDArray[np.float64]:
    return _without_clipping(waveform * (10 ** (rms_db / 20) / waveform.std()))


def _without_clipping(waveform: NDArray[np.float64]) -> NDArray[np.float64]:
    return waveform / max(1.0, float(np.abs(waveform).max()) / 0.95)


def _strength(settings: DemoSettings, clip: Clip) -> float:
    """The share of the speaker's spectrum that the cloner discards in this clip's recording."""
    speaker = clip.speaker
    if clip.has_fake_audio:
        rng = np.random.default_rng([settings.seed, 7, speaker.number, clip.recording])
        return float(rng.uniform(*_STRENGTH))
    return 0.0


def _truth(clip: Clip, settings: DemoSettings, offset_s: float, gain_db: float) -> Truth:
    return Truth(
        path=clip.path,
        track=clip.track,
        voice=clip.speaker.identity,
        offset_s=round(offset_s, 6),
        gain_db=round(gain_db, 3),
        strength=round(_strength(settings, clip), 3),
        method=clip.method,
    )
