"""What the sound of the training clips was like: a schema of detector.json."""

from dataclasses import dataclass

from avdf.config.bounds import check_at_least

QUANTILES = (0.0, 0.01, 0.05, 0.5, 0.95, 0.99, 1.0)
SOUND_MEASURES = ("bandwidth_hz", "loudness_db", "noise_db", "duration_s")
_MOST_CODECS, _LONGEST_NAME, _LARGEST = 100, 40, 1e9


@dataclass(frozen=True, kw_only=True)
class TrainingSound:
    """Quantiles of each measure at QUANTILES, and the share of the clips in each audio codec.

    Of `num_clips` clips of the train split, as they were decoded, before any augmentation.
    """

    num_clips: int
    quantiles: dict[str, list[float]]
    audio_codecs: dict[str, float]

    def __post_init__(self) -> None:
        check_at_least(self, "num_clips")
        for name, values in self.quantiles.items():
            if name not in SOUND_MEASURES:
                raise ValueError(f"quantiles.{name[:_LONGEST_NAME]!a} is none of {', '.join(SOUND_MEASURES)}")
            if len(values) != len(QUANTILES) or sorted(values) != list(values):
                raise ValueError(f"quantiles.{name} must hold {len(QUANTILES)} numbers in ascending order")
            if max(map(abs, values)) > _LARGEST:
                raise ValueError(f"quantiles.{name} must hold numbers from -{_LARGEST:g} to {_LARGEST:g}")
        longest = max(map(len, self.audio_codecs), default=0)
        if len(self.audio_codecs) > _MOST_CODECS or longest > _LONGEST_NAME:
            raise ValueError(
                f"audio_codecs must hold at most {_MOST_CODECS} names of at most {_LONGEST_NAME} characters"
            )
        if not all(0 <= share <= 1 for share in self.audio_codecs.values()):
            raise ValueError("audio_codecs must hold shares from 0 to 1")
