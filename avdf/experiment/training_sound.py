"""What the sound of the training clips was like, for detector.json."""

import numpy as np

from avdf.config.training_sound import QUANTILES, TrainingSound
from avdf.data.dataset import LabelledClips
from avdf.data.sound_measures import sound_measures

_MOST_CLIPS = 1000  # measuring one takes some milliseconds


def training_sound(clips: LabelledClips) -> TrainingSound | None:
    """Quantiles over the clips with sound, or over 1,000 of them evenly spaced in the table.

    None if no clip has sound. Measured after the skipped start, as of a file that is scored, before any
    augmentation.
    """
    heard = np.flatnonzero(clips.has_audio)
    if not len(heard):
        return None
    num_clips = min(len(heard), _MOST_CLIPS)
    chosen = heard[np.linspace(0, len(heard) - 1, num_clips).round().astype(np.intp)]
    rows = [
        sound_measures(clips.after_skip(number), clips.sample_rate_hz)
        | {"duration_s": float(clips.table["duration_s"].iloc[number])}
        for number in chosen.tolist()
    ]
    codecs = [name for name in clips.table["audio_codec"].tolist() if isinstance(name, str) and name]
    return TrainingSound(
        num_clips=num_clips,
        quantiles={name: np.quantile([row[name] for row in rows], QUANTILES).tolist() for name in (rows[0])},
        audio_codecs={name: codecs.count(name) / len(codecs) for name in sorted(set(codecs))},
    )
